import { afterEach, describe, expect, it } from '@jest/globals';
import type { ExecutionContext, INestApplication, Provider, Type } from '@nestjs/common';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  NotFoundException,
  Scope,
  UseGuards,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Input, OpaInputProvider, OpaModuleOptions } from 'nestjs-opa';
import { OpaGuard, OpaInput, OpaModule, OpaPolicy, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import type { Adapter } from '../support/app.js';
import { ADAPTERS, newAdapter } from '../support/app.js';

/** Stands for a database. */
@Injectable()
class Orders {
  async find(id: string): Promise<{ id: string; owner: string }> {
    return Promise.resolve({ id, owner: 'ann' });
  }
}

@Injectable()
class OrderInput implements OpaInputProvider {
  constructor(@Inject(Orders) private readonly orders: Orders) {}

  async build(context: ExecutionContext, input: Input): Promise<object> {
    const { params } = context.switchToHttp().getRequest<{ params: { id: string } }>();
    if (params.id === 'unknown') throw new NotFoundException('no such order');
    if (params.id === 'gone') throw new Error('no such order: s3cret');
    return { resource: { ...(input['resource'] as object), properties: await this.orders.find(params.id) } };
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestInput {
  build(): object {
    return {};
  }
}

function controllerWith(input: Type<OpaInputProvider>): Type {
  @Controller('orders')
  @UseGuards(OpaGuard)
  class OrdersController {
    @Get(':id') @OpaPolicy('orders/read') @OpaInput(input) read() {
      return 'read';
    }
  }
  return OrdersController;
}

let app: INestApplication | undefined;
let engine: TestEngine;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(
  input: Type<OpaInputProvider>,
  providers: Provider[],
  { adapter = 'express', ...options }: OpaModuleOptions & { adapter?: Adapter } = {},
): Promise<string> {
  engine = new TestEngine({ 'orders/read': true, 'orders/any': false });
  @Module({ controllers: [controllerWith(input)], providers })
  class OrdersModule {}
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ engine, audit: false, ...options }), OrdersModule],
  }).compile();
  app = module.createNestApplication(newAdapter(adapter), { logger: false });
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

describe.each(ADAPTERS)('@OpaInput with a provider class, on %s', (adapter) => {
  it('merges what the provider builds with its injected services', async () => {
    const url = await start(OrderInput, [Orders, OrderInput], { adapter });
    expect((await fetch(`${url}/orders/7`)).status).toBe(200);
    expect(engine.questions).toMatchObject([
      { input: { resource: { id: '/orders/:id', properties: { id: '7', owner: 'ann' } } } },
    ]);
  });

  it('refuses the request when the provider fails, and does not tell the client why', async () => {
    const response = await fetch(`${await start(OrderInput, [Orders, OrderInput], { adapter })}/orders/gone`);
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('s3cret')]);
    expect(engine.questions).toEqual([]);
  });

  it.each(['enforce', 'permissive'] as const)(
    'refuses with the exception that the provider throws: %s',
    async (mode) => {
      const url = await start(OrderInput, [Orders, OrderInput], { adapter, mode, onUnavailable: 'allow' });
      const response = await fetch(`${url}/orders/unknown`);
      expect([response.status, await response.json()]).toEqual([
        404,
        { statusCode: 404, error: 'Not Found', message: 'no such order' },
      ]);
      expect(engine.questions).toEqual([]);
    },
  );
});

describe('the application does not start with an input provider', () => {
  it.each<[string, Type<OpaInputProvider>, Provider[], string]>([
    ['for a class that is no provider', OrderInput, [], 'add it to the providers of OrdersModule'],
    ['for one of request scope', RequestInput, [RequestInput], 'make it a singleton'],
  ])('%s', async (_name, input, providers, why) => {
    await expect(start(input, providers)).rejects.toThrow(why);
  });

  it('without a build method', () => {
    expect(() => controllerWith(Orders as unknown as Type<OpaInputProvider>)).toThrow(
      '@OpaInput(Orders): the class has no method build(context, input).',
    );
  });
});

it('enforce() resolves for an allow, and throws an HTTP exception for a denial outside of a context', async () => {
  await start(OrderInput, [Orders, OrderInput]);
  const opa = app?.get(OpaService);
  await expect(opa?.enforce({ policy: 'orders/read', input: {} })).resolves.toMatchObject({ allowed: true });
  await expect(opa?.enforce({ policy: 'orders/any', input: {} })).rejects.toMatchObject({ status: 403 });
});
