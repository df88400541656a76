import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { CanActivate, INestApplication, Provider, Type } from '@nestjs/common';
import { Controller, Get, Injectable, Logger, Module, SetMetadata, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Query, Resolver } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { AuthGuard } from '@nestjs/passport';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaDecides, OpaGuard, OpaModule, OpaPolicy, OpaPublic, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

class LetsIn implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

class JwtGuard extends LetsIn {}
class SESSIONGuard extends LetsIn {}
class Gatekeeper extends LetsIn {}
class RolesGuard extends LetsIn {}

class MembersOnly extends AuthGuard('local') {}

@Injectable()
class OpaAuthGuard extends OpaGuard {}

/** A controller whose one handler has these guards, in this order. */
function controllerWith(onClass: unknown[], onHandler: unknown[]): Type {
  @Controller()
  @UseGuards(...(onClass as Type<CanActivate>[]))
  class Orders {
    @Get('orders') @UseGuards(...(onHandler as Type<CanActivate>[])) @OpaPolicy('orders/read') read() {
      return 'read';
    }
  }
  return Orders;
}

let app: INestApplication | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
  jest.restoreAllMocks();
});

const globally = (...guards: Type<CanActivate>[]): Provider[] =>
  guards.map((guard) =>
    guard === OpaGuard ? { provide: APP_GUARD, useExisting: guard } : { provide: APP_GUARD, useClass: guard },
  );

interface Setup {
  readonly controllers: Type[];
  readonly providers?: Provider[];
  readonly imports?: Type[];
  readonly options?: OpaModuleOptions;
  readonly prepare?: (app: INestApplication) => void;
}

/** Starts an application; gives what the audit warns of, and what the guard does later. */
async function start(setup: Setup): Promise<() => string[]> {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const { controllers, providers = [], imports = [], options, prepare } = setup;
  const engine = new TestEngine({ 'orders/read': false });
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ engine, ...options }), ...imports],
    controllers,
    providers,
  }).compile();
  app = module.createNestApplication();
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  return () => warn.mock.calls.map(([line]) => String(line));
}

const get = async (path: string): Promise<number> => (await fetch(`${await app?.getUrl()}/${path}`)).status;

describe('the audit warns where OpaGuard runs before an authenticating guard', () => {
  it.each([
    [[], [OpaGuard, JwtGuard], 'OpaGuard (on the handler) runs before JwtGuard (on the handler)'],
    [[OpaGuard], [JwtGuard], 'OpaGuard (on the class) runs before JwtGuard (on the handler)'],
    [[OpaGuard, SESSIONGuard], [], 'OpaGuard (on the class) runs before SESSIONGuard (on the class)'],
    [[OpaGuard], [AuthGuard('jwt')], 'OpaGuard (on the class) runs before AuthGuard(…) (on the handler)'],
    [[OpaGuard, MembersOnly], [], 'OpaGuard (on the class) runs before MembersOnly (on the class)'],
    [[OpaGuard, new JwtGuard()], [], 'OpaGuard (on the class) runs before JwtGuard (on the class)'],
    [
      [OpaAuthGuard, RolesGuard],
      [JwtGuard],
      'OpaAuthGuard (on the class) runs before JwtGuard (on the handler)',
    ],
    [[OpaGuard], [Gatekeeper], 'OpaGuard (on the class) runs before Gatekeeper (on the handler)'],
  ])('%p, %p', async (onClass, onHandler, what) => {
    const options = { authentication: [Gatekeeper] };
    const warnings = await start({ controllers: [controllerWith(onClass, onHandler)], options });
    const [, after] = /before (.+) \(/.exec(what) ?? [];
    const [, opa] = /^(\w+)/.exec(what) ?? [];
    expect(warnings()).toEqual([
      `Orders.read: ${what}, so that OPA is asked about an anonymous subject. ` +
        `Write @UseGuards(${after}, ${opa}): see docs/guides/guard-order.md in the nestjs-opa repository.`,
    ]);
    expect(app?.get(OpaService).routes()).toMatchObject([{ status: 'guarded', note: what }]);
  });

  it.each([
    [[], [JwtGuard, OpaGuard], {}],
    [[JwtGuard], [OpaGuard, RolesGuard], {}],
    [[OpaGuard], [Gatekeeper], {}],
    [[OpaGuard, OpaAuthGuard], [], {}],
    [[OpaGuard, { canActivate: () => true }], [], {}],
    [[OpaGuard], [JwtGuard], { authentication: false }],
    [[OpaGuard], [JwtGuard], { audit: false }],
  ] as const)('but not with guards %p, %p and %p', async (onClass, onHandler, options) => {
    const warnings = await start({ controllers: [controllerWith([...onClass], [...onHandler])], options });
    expect(warnings()).toEqual([]);
  });

  it.each<[string, Omit<Setup, 'controllers'>, handler: unknown[], fix: string | undefined]>([
    ['one list, in order', { providers: globally(JwtGuard, OpaGuard) }, [], undefined],
    [
      'one list, in the wrong order',
      { providers: globally(OpaGuard, JwtGuard) },
      [],
      'Register JwtGuard first',
    ],
    ['global before @UseGuards', { providers: globally(OpaGuard) }, [JwtGuard], 'Make JwtGuard global too'],
    [
      'useGlobalGuards, in the wrong order',
      { prepare: (app) => app.useGlobalGuards(app.get(OpaGuard), new JwtGuard()) },
      [],
      'Register JwtGuard first',
    ],
    [
      'useGlobalGuards after APP_GUARD',
      {
        providers: globally(OpaGuard),
        prepare: (app) => app.useGlobalGuards(new JwtGuard()),
      },
      [],
      'Register JwtGuard first',
    ],
  ])('for global guards: %s', async (_name, setup, onHandler, fix) => {
    const warnings = await start({ controllers: [controllerWith([], onHandler)], ...setup });
    if (fix === undefined) expect(warnings()).toEqual([]);
    else expect(warnings()).toEqual([expect.stringContaining(fix)]);
  });

  it('for a global guard of the root module before one of an imported module', async () => {
    @Module({ providers: globally(JwtGuard) })
    class AuthModule {}
    const warnings = await start({
      controllers: [controllerWith([], [])],
      imports: [AuthModule],
      providers: globally(OpaGuard),
    });
    expect(warnings()).toEqual([expect.stringContaining('OpaGuard (global) runs before JwtGuard (global)')]);
  });

  it('in one line for all handlers of every kind, without handlers that evaluate no policy', async () => {
    const IS_PUBLIC = 'isPublic';
    @Controller()
    @UseGuards(OpaGuard, JwtGuard)
    class Orders {
      @Get('a') @OpaPolicy('a') http() {
        return '';
      }
      @MessagePattern('a') @OpaPolicy('a') message() {
        return '';
      }
      @Get('b') @OpaPublic() open() {
        return '';
      }
      @Get('c') @SetMetadata(IS_PUBLIC, true) marked() {
        return '';
      }
      @Get('d') @OpaDecides() decides() {
        return '';
      }
    }
    @Resolver()
    @UseGuards(OpaGuard, JwtGuard)
    class Fields {
      @Query(() => String) @OpaPolicy('a') order() {
        return '';
      }
    }
    const warnings = await start({
      controllers: [Orders],
      providers: [Fields],
      options: { publicKeys: [IS_PUBLIC] },
    });
    expect(warnings()).toEqual([
      expect.stringMatching(/^Orders.http, Orders.message, Fields.order: OpaGuard/),
    ]);
  });
});

describe('at run time OpaGuard', () => {
  it.each([
    ['warns once a handler when guards would still have run', [OpaGuard, Gatekeeper, RolesGuard], 1],
    ['is silent when none would have', [Gatekeeper, OpaGuard], 0],
  ])('%s', async (_name, guards, count) => {
    const warnings = await start({ controllers: [controllerWith([], guards)] });
    expect([await get('orders'), await get('orders')]).toEqual([403, 403]);
    expect(warnings()).toHaveLength(count);
    for (const line of warnings())
      expect(line).toContain(
        'Orders.read: an anonymous subject was denied before Gatekeeper, RolesGuard ran.',
      );
  });

  it('warns about the global guard too, and not when there is a subject', async () => {
    const setup = { controllers: [controllerWith([Gatekeeper], [])], providers: globally(OpaGuard) };
    const warnings = await start(setup);
    await get('orders');
    expect(warnings()).toEqual([expect.stringContaining('denied before Gatekeeper ran')]);
    await app?.close();
    const later = await start({ ...setup, options: { input: { subject: () => ({ id: 'ann' }) } } });
    const before = later().length;
    await get('orders');
    expect(later()).toHaveLength(before);
  });

  it('logs a denial at debug: policy, outcome, subject type and route, and no content of the request', async () => {
    const debug = jest.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined);
    const subject = (): object => ({ type: 'service', id: 's3cret' });
    await start({ controllers: [controllerWith([OpaGuard], [])], options: { input: { subject } } });
    await get('orders?token=s3cret');
    const lines = debug.mock.calls.map(([line]) => String(line));
    expect(lines.at(-1)).toBe(
      'Denied by policy "orders/read" (deny); type of the subject: service; route: GET /orders (Orders.read).',
    );
    expect(lines.join()).not.toContain('s3cret');
  });
});
