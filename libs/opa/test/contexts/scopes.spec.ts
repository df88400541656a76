import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Controller, Get, Inject, Injectable, Scope, UseGuards } from '@nestjs/common';
import { ContextIdFactory, ModuleRef, REQUEST } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { MessagePattern } from '@nestjs/microservices';
import type { TestingModule } from '@nestjs/testing';
import { Test } from '@nestjs/testing';
import { OpaGuard, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { ON_TCP, sent, tcpClient } from './drivers/rpc.js';

interface TenantRequest {
  readonly headers: Readonly<Record<string, string>>;
}

/** A request-scoped provider, as applications have them: it knows the tenant of its request. */
@Injectable({ scope: Scope.REQUEST })
class Tenant {
  static made = 0;
  constructor(@Inject(REQUEST) private readonly request: TenantRequest) {
    Tenant.made += 1;
  }
  subject(): object {
    return { type: 'tenant', id: this.request.headers['x-tenant'] };
  }
}

/** Lets the provider of the request say who asks, whatever the scope of the handler. */
const tenantOf =
  (modules: ModuleRef) =>
  async (context: ExecutionContext): Promise<object | undefined> => {
    if (context.getType() !== 'http') return undefined;
    const request = context.switchToHttp().getRequest<TenantRequest>();
    const contextId = ContextIdFactory.getByRequest(request);
    modules.registerRequestByContextId(request, contextId);
    return (await modules.resolve(Tenant, contextId, { strict: false })).subject();
  };

@Controller({ path: 'scoped', scope: Scope.REQUEST })
@UseGuards(OpaGuard)
class Scoped {
  constructor(@Inject(Tenant) private readonly tenant: Tenant) {}
  @Get() @OpaPolicy('a') get() {
    return this.tenant.subject();
  }
  @MessagePattern('get') @OpaPolicy('a') got() {
    return 'got';
  }
}

@Controller('single')
@UseGuards(OpaGuard)
class Single {
  @Get() @OpaPolicy('a') get() {
    return 'got';
  }
}

let engine: TestEngine;
let close: () => Promise<void>;

/** Knows the guards that were asked. */
const canActivate = jest.spyOn(OpaGuard.prototype, 'canActivate');

function compile(): Promise<TestingModule> {
  const opa = OpaModule.forRootAsync({
    inject: [ModuleRef],
    useFactory: (modules: ModuleRef) => ({ engine, input: { subject: tenantOf(modules) } }),
  });
  return Test.createTestingModule({
    imports: [opa],
    controllers: [Scoped, Single],
    providers: [Tenant],
  }).compile();
}

beforeEach(() => {
  engine = new TestEngine({ a: true });
  canActivate.mockClear();
  Tenant.made = 0;
});
afterEach(() => close());

describe('request-scoped providers', () => {
  it.each(['scoped', 'single'])(
    'of the application provide the subject, and one guard decides: %s',
    async (path) => {
      const app = (await compile()).createNestApplication();
      await app.listen(0, '127.0.0.1');
      close = () => app.close();
      const url = `${await app.getUrl()}/${path}`;
      for (const tenant of ['acme', 'bolt']) {
        expect((await fetch(url, { headers: { 'x-tenant': tenant } })).status).toBe(200);
      }
      expect(engine.questions.map(({ input }) => input)).toMatchObject([
        { subject: { type: 'tenant', id: 'acme' } },
        { subject: { type: 'tenant', id: 'bolt' } },
      ]);
      // One a request: a request-scoped controller is given the one that the guard has asked.
      expect(Tenant.made).toBe(2);
      expect(canActivate).toHaveBeenCalledTimes(2);
      expect(new Set(canActivate.mock.contexts).size).toBe(1);
    },
  );

  it('of a microservice: one guard decides the messages of a request-scoped controller', async () => {
    const app = (await compile()).createNestMicroservice<MicroserviceOptions>(ON_TCP);
    await app.listen();
    const client = tcpClient(app);
    close = async () => {
      await client.close();
      await app.close();
    };
    expect(await sent(client, 'get', {})).toEqual({ result: 'got' });
    engine.answer('a', false);
    expect(await sent(client, 'get', {})).toMatchObject({ error: { code: 'FORBIDDEN' } });
    expect(canActivate).toHaveBeenCalledTimes(2);
    expect(new Set(canActivate.mock.contexts).size).toBe(1);
  });

  it.each([undefined, 'billing'])(
    'cannot provide the options, and stop the start: instance %p',
    async (name) => {
      const opa = OpaModule.forRootAsync({
        ...(name !== undefined && { name }),
        inject: [REQUEST],
        useFactory: () => ({ engine }),
      });
      const module = await Test.createTestingModule({ imports: [opa], controllers: [Single] }).compile();
      const app = module.createNestApplication({ logger: false });
      close = () => app.close();
      await expect(app.init()).rejects.toMatchObject({
        code: 'OPA_BAD_OPTIONS',
        message: expect.stringContaining('request-scoped'),
      });
    },
  );
});
