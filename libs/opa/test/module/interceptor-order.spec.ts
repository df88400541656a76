import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication, NestInterceptor, Provider, Type } from '@nestjs/common';
import {
  Controller,
  Get,
  Injectable,
  Logger,
  Module,
  Scope,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaGuard, OpaInterceptor, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import type { Observable } from 'rxjs';
import { map } from 'rxjs';
import { masking } from '../results/support.js';
import { ADAPTERS } from '../support/app.js';
import type { Adapter } from '../support/app.js';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Adds a field to every result. */
@Injectable()
class Adds implements NestInterceptor {
  intercept(_context: unknown, next: { handle(): Observable<unknown> }): Observable<unknown> {
    return next.handle().pipe(map((result) => ({ ...(result as object), added: 's3cret' })));
  }
}

@Injectable({ scope: Scope.REQUEST })
class AddsByRequest extends Adds {}

@Injectable()
class OwnCache extends CacheInterceptor {}

@Injectable()
class OwnInterceptor extends OpaInterceptor {}

@WebSocketGateway()
class Gateway {
  @SubscribeMessage('read') @OpaPolicy('open', { response: 'view' }) read() {
    return {};
  }
}

/** Another module with a global interceptor of its own. */
@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: Adds }] })
class Elsewhere {}

type Interceptors = readonly Type<NestInterceptor>[];

let handled = 0;

function controllerWith(onClass: Interceptors, onHandler: Interceptors): Type {
  @Controller()
  @UseInterceptors(...onClass)
  class Orders {
    @Get() @UseInterceptors(...onHandler) @OpaPolicy('open', { response: 'view' }) read() {
      handled += 1;
      return { name: 'Ann', pin: '1234' };
    }
  }
  return Orders;
}

@Controller()
class Masked {
  @Get() @UseGuards(OpaGuard) @UseInterceptors(CacheInterceptor, OpaInterceptor) @OpaPolicy('masks') read() {
    return { pin: '1234' };
  }
}

@Controller()
class Messages {
  @MessagePattern('read') @OpaPolicy('open', { response: 'view' }) read() {
    return {};
  }
}

interface Setup {
  readonly adapter?: Adapter;
  readonly controllers: Type[];
  readonly providers?: Provider[];
  readonly imports?: Type[];
  readonly options?: OpaModuleOptions & { name?: string };
  readonly prepare?: (app: INestApplication) => void;
}

let app: INestApplication | undefined;
let engine: TestEngine;
let warnings: string[];
afterEach(async () => {
  await app?.close();
  app = undefined;
  jest.restoreAllMocks();
});

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };

async function start(setup: Setup): Promise<(headers?: Record<string, string>) => Promise<Response>> {
  const { adapter = 'express', controllers, providers = [], imports = [], options, prepare } = setup;
  const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  engine = new TestEngine({ open: true, view: true, masks: masking('/pin') });
  const module = await Test.createTestingModule({
    imports: [...imports, CacheModule.register(), OpaModule.forRoot({ engine, ...options })],
    controllers,
    providers,
  }).compile();
  app = module.createNestApplication(adapters[adapter](), { logger: false });
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  warnings = warn.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('Interceptor'));
  const url = await app.getUrl();
  return (headers = {}) => fetch(url, { headers });
}

const globally = (useClass: Type): Provider => ({ provide: APP_INTERCEPTOR, useClass });

describe('the audit of interceptors', () => {
  it.each<[string, Setup, string]>([
    [
      'app.useGlobalInterceptors()',
      {
        controllers: [controllerWith([OpaInterceptor], [])],
        prepare: (of) => void of.useGlobalInterceptors(new Adds()),
      },
      'Adds',
    ],
    [
      'APP_INTERCEPTOR',
      { controllers: [controllerWith([OpaInterceptor], [])], providers: [globally(Adds)] },
      'Adds',
    ],
    [
      'APP_INTERCEPTOR of another module',
      { controllers: [controllerWith([], [OpaInterceptor])], imports: [Elsewhere] },
      'Adds',
    ],
    [
      'APP_INTERCEPTOR of request scope',
      {
        controllers: [controllerWith([OpaInterceptor], [])],
        providers: [{ provide: APP_INTERCEPTOR, useClass: AddsByRequest, scope: Scope.REQUEST }],
      },
      'AddsByRequest',
    ],
    ['the class', { controllers: [controllerWith([Adds], [OpaInterceptor])] }, 'Adds'],
    [
      'the method',
      { controllers: [controllerWith([], [Adds, AddsByRequest, OpaInterceptor])] },
      'Adds, AddsByRequest',
    ],
  ])('lists interceptors that run outside of OpaInterceptor: %s', async (_name, setup, names) => {
    await start(setup);
    expect(warnings).toEqual([
      expect.stringContaining(`may change the response after the decision: Orders.read (${names}).`),
    ]);
  });

  it.each<[string, Setup]>([
    ['inside', { controllers: [controllerWith([OpaInterceptor], [Adds, CacheInterceptor])] }],
    [
      'outside, with audit: false',
      { controllers: [controllerWith([Adds], [OpaInterceptor])], options: { audit: false } },
    ],
    [
      'inside the global one',
      { controllers: [controllerWith([CacheInterceptor], [Adds])], options: { interceptor: 'global' } },
    ],
  ])('does not list interceptors that run %s', async (_name, setup) => {
    await start(setup);
    expect(warnings).toEqual([]);
  });

  it.each<[string, Setup, string]>([
    ['a route', { controllers: [controllerWith([], [])] }, 'Orders.read'],
    [
      'a route, without the audit and with decisions disabled',
      { controllers: [controllerWith([Adds], [])], options: { audit: false, mode: 'disabled' } },
      'Orders.read',
    ],
    [
      'a message that the global one may not reach',
      { controllers: [Messages], options: { interceptor: 'global' } },
      'Messages.read',
    ],
    [
      'an event that one of request scope does not reach',
      {
        controllers: [],
        providers: [Gateway, { provide: APP_INTERCEPTOR, useClass: OpaInterceptor, scope: Scope.REQUEST }],
      },
      'Gateway.read',
    ],
  ])('stops the start when a response policy might not be evaluated: %s', async (_name, setup, handler) => {
    await expect(start(setup)).rejects.toMatchObject({
      code: 'OPA_BAD_OPTIONS',
      message: expect.stringContaining(`${handler} has a response policy, but OpaInterceptor may not run`),
    });
  });

  it.each<[string, Partial<Setup>]>([
    ['APP_INTERCEPTOR', { providers: [globally(OpaInterceptor)] }],
    [
      'APP_INTERCEPTOR with useExisting',
      { providers: [{ provide: APP_INTERCEPTOR, useExisting: OpaInterceptor }] },
    ],
    [
      'APP_INTERCEPTOR of request scope',
      { providers: [{ provide: APP_INTERCEPTOR, useClass: OpaInterceptor, scope: Scope.REQUEST }] },
    ],
    ['a subclass', { providers: [globally(OwnInterceptor)] }],
    [
      'app.useGlobalInterceptors()',
      { prepare: (of) => void of.useGlobalInterceptors(of.get(OpaInterceptor)) },
    ],
  ])('accepts a response policy that is evaluated by %s', async (_name, setup) => {
    const get = await start({ controllers: [controllerWith([], [])], ...setup });
    engine.answer('view', false);
    expect((await get()).status).toBe(403);
  });

  it.each<[string, Setup]>([
    ['of the class', { controllers: [controllerWith([CacheInterceptor], [OpaInterceptor])] }],
    ['of a subclass', { controllers: [controllerWith([], [OwnCache, OpaInterceptor])] }],
    [
      'of the application, without the audit',
      {
        controllers: [controllerWith([OpaInterceptor], [])],
        providers: [globally(CacheInterceptor)],
        options: { audit: false },
      },
    ],
  ])('stops the start when a cache runs outside of OpaInterceptor: %s', async (_name, setup) => {
    await expect(start(setup)).rejects.toMatchObject({
      code: 'OPA_BAD_OPTIONS',
      message: expect.stringContaining('around Orders.read a CacheInterceptor runs outside OpaInterceptor'),
    });
  });
});

describe.each(ADAPTERS)("interceptor: 'global' on %s", (adapter) => {
  const everywhere: Omit<Setup, 'controllers'> = {
    adapter,
    imports: [Elsewhere],
    providers: [globally(Adds)],
    options: { interceptor: 'global' },
    prepare: (of) => void of.useGlobalInterceptors(new Adds()),
  };

  it('is the outermost interceptor, and decides once', async () => {
    const get = await start({ ...everywhere, controllers: [controllerWith([Adds, OpaInterceptor], [Adds])] });
    engine.answer('view', masking('/added', '/pin'));
    expect(await (await get()).json()).toEqual({ name: 'Ann', pin: '***', added: '***' });
    expect(engine.questions.map(({ policy }) => policy)).toEqual(['view']);
    expect(warnings).toEqual([]);
  });

  it('decides a cached response for each caller', async () => {
    handled = 0;
    const get = await start({
      adapter,
      controllers: [controllerWith([CacheInterceptor], [])],
      options: { interceptor: 'global', input: { headers: ['x-user'] } },
    });
    engine.answer('view', (input: unknown) => {
      const { headers } = (input as { request: { headers: Record<string, string> } }).request;
      return headers['x-user'] === 'ann' ? true : { allow: false };
    });
    const responses = [
      await get({ 'x-user': 'ann' }),
      await get({ 'x-user': 'ann' }),
      await get({ 'x-user': 'bob' }),
    ];
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 403]);
    expect(handled).toBe(1);
  });
});

it('a mask of the request policy is refused where a cache would return an unmasked response', async () => {
  const get = await start({ controllers: [Masked] });
  const response = await get();
  expect(response.status).toBe(403);
  expect(await response.text()).not.toContain('1234');
});

it('a named instance registers no global interceptor', async () => {
  const module = Test.createTestingModule({
    imports: [OpaModule.forRoot({ engine: new TestEngine(), name: 'billing', interceptor: 'global' })],
  });
  await expect(module.compile()).rejects.toThrow('option "interceptor" was given to a named instance');
});
