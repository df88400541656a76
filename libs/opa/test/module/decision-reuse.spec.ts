import { afterEach, describe, expect, it } from '@jest/globals';
import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import {
  Controller,
  createParamDecorator,
  Get,
  Injectable,
  Module,
  Next,
  Param,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { Decision, OpaModuleOptions } from 'nestjs-opa';
import { OpaDecision, OpaGuard, OpaInterceptor, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import type { Adapter } from '../support/app.js';
import { ADAPTERS, newAdapter } from '../support/app.js';

interface User {
  id: string;
  suspended?: boolean;
}

const USERS: Readonly<Record<string, User>> = { ann: { id: 'ann' }, bob: { id: 'bob', suspended: true } };

/** Authenticates by a header, in a new object or in the one that is there. */
@Injectable()
class HeaderAuthGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: object }>();
    const user = USERS[request.headers['x-user'] ?? ''];
    await Promise.resolve();
    request.user = Object.assign(request.user ?? {}, user);
    return true;
  }
}

/** Leaves an object on the request that a later guard fills. */
@Injectable()
class EmptyUserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    context.switchToHttp().getRequest<{ user: object }>().user = {};
    return true;
  }
}

@Controller()
class Orders {
  @Get('orders')
  @UseGuards(HeaderAuthGuard, OpaGuard)
  @UseInterceptors(OpaInterceptor)
  @OpaPolicy('orders/read', { response: 'orders/view' })
  read(@OpaDecision() { headers }: Decision) {
    return { by: headers?.['x-authz-by'] };
  }
}

type Run = () => void;
const RunNext = createParamDecorator((_: unknown, context: ExecutionContext): Run =>
  context.switchToHttp().getNext<Run>(),
);

/** One handler of two routes that the same path matches; the first run calls `next()`. */
@Controller()
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
class Pages {
  @Get(['pages/:page', 'pages/:secret/']) @OpaPolicy('pages/read') read(
    @Param() params: Record<string, string>,
    @Next() next: Run,
  ) {
    if (params['page'] !== undefined) next();
    else throw new Error('ran');
  }

  @Get(['views/:view', 'views/:secret/'])
  @OpaPolicy('pages/any', { response: 'pages/view' })
  view(@Param() params: Record<string, string>, @RunNext() next: Run): unknown {
    if (params['view'] === undefined) return { secret: params['secret'] };
    next();
    return new Promise(() => undefined);
  }
}

let app: INestApplication | undefined;
let engine: TestEngine;
afterEach(() => app?.close());

async function start(
  adapter: Adapter,
  guards: (new () => CanActivate)[] = [],
  options: OpaModuleOptions = {},
): Promise<string> {
  engine = new TestEngine({ 'orders/view': true, 'pages/any': true });
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ engine, audit: false, ...options })],
    // Fastify refuses two routes of one form.
    controllers: adapter === 'express' ? [Orders, Pages] : [Orders],
    providers: [
      ...guards.map((useClass) => ({ provide: APP_GUARD, useClass })),
      { provide: APP_GUARD, useExisting: OpaGuard },
    ],
  }).compile();
  app = module.createNestApplication(newAdapter(adapter), { logger: false });
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

interface Asked {
  readonly subject: User & { type?: string };
  readonly request: { readonly params: object; readonly headers: object };
}
const inputs = (): Asked[] => engine.questions.map(({ input }) => input as Asked);
const isActive = ({ subject }: Asked): boolean => subject.suspended !== true;

describe.each(ADAPTERS)('a guard that runs before and after authentication, on %s', (adapter) => {
  describe.each([
    ['the subject is another object', []],
    ['the subject has changed in place', [EmptyUserGuard]],
  ])('%s', (_name, guards) => {
    it('decides about the authenticated subject', async () => {
      const url = await start(adapter, guards);
      const subjects: unknown[] = [];
      engine.answer('orders/read', (input: Asked) => {
        subjects.push(input.subject.id);
        return isActive(input);
      });
      const status = async (user: string): Promise<number> =>
        (await fetch(`${url}/orders`, { headers: { 'x-user': user } })).status;
      expect([await status('ann'), await status('bob')]).toEqual([200, 403]);
      expect(subjects).toEqual([undefined, 'ann', undefined, 'bob']);
    });
  });

  it('evaluates one query when the input is unchanged, and sets the headers that only a policy may set', async () => {
    const url = await start(adapter, [HeaderAuthGuard], {
      policyHeaders: ['x-authz-*'],
      input: { headers: ['x-authz-by'] },
    });
    engine.answer('orders/read', { allow: true, headers: { 'x-authz-by': 'policy' } });
    const response = await fetch(`${url}/orders`, { headers: { 'x-user': 'ann', 'x-authz-by': 'client' } });
    expect(await response.json()).toEqual({ by: 'policy' });
    expect(engine.questions.map(({ policy }) => policy)).toEqual(['orders/read', 'orders/view']);
    for (const { request } of inputs()) expect(request.headers).not.toHaveProperty('x-authz-by');
  });
});

it.each(ADAPTERS)(
  'guards of two module instances each evaluate a query about the same input, on %s',
  async (adapter) => {
    const engines = [true, false].map((answer) => new TestEngine({ 'orders/any': answer }));
    const [allows, denies] = engines.map((engine) => ({ engine: engine, audit: false }));

    @Controller()
    @UseGuards(OpaGuard)
    class Invoices {
      @Get('invoices') @OpaPolicy('orders/any') read() {
        return 'ran';
      }
    }
    @Module({ imports: [OpaModule.forRoot({ ...denies, isGlobal: false })], controllers: [Invoices] })
    class InvoicesModule {}

    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ ...allows }), InvoicesModule],
      providers: [{ provide: APP_GUARD, useExisting: OpaGuard }],
    }).compile();
    app = module.createNestApplication(newAdapter(adapter), { logger: false });
    await app.listen(0, '127.0.0.1');
    expect((await fetch(`${await app.getUrl()}/invoices`)).status).toBe(403);
    expect(engines.map(({ questions }) => questions.length)).toEqual([1, 1]);
  },
);

describe('a handler that calls next(), so that another route runs', () => {
  const isPublic = ({ request }: Asked): boolean => 'page' in request.params || 'view' in request.params;

  it('is followed by a second decision', async () => {
    const url = await start('express');
    engine.answer('pages/read', isPublic);
    expect((await fetch(`${url}/pages/salaries`)).status).toBe(403);
    expect(inputs().map(({ request }) => request.params)).toEqual([
      { page: 'salaries' },
      { secret: 'salaries' },
    ]);
  });

  it('has each result decided by the response policy of its own route', async () => {
    const url = await start('express');
    engine.answer('pages/view', isPublic);
    const response = await fetch(`${url}/views/salaries`);
    expect([response.status, await response.text()]).toEqual([403, expect.not.stringContaining('salaries')]);
    expect(inputs().at(-1)?.request.params).toEqual({ secret: 'salaries' });
  });

  it('is followed by a second decision even when both inputs are equal', async () => {
    const url = await start('express', [], { input: { shape: () => ({ subject: 'anybody' }) } });
    let runs = 0;
    engine.answer('pages/read', () => (runs += 1) === 1);
    expect((await fetch(`${url}/pages/salaries`)).status).toBe(403);
  });
});
