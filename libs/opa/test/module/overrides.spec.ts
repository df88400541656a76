import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication, Provider, Type } from '@nestjs/common';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { Test } from '@nestjs/testing';
import { getOpaToken, OpaGuard, OpaModule, OpaPolicy, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

@Controller()
@UseGuards(OpaGuard)
class OnClass {
  @Get() @OpaPolicy('orders/read') read() {
    return 'read';
  }
}

@Controller()
class OnHandler {
  @Get() @UseGuards(OpaGuard) @OpaPolicy('orders/read') read() {
    return 'read';
  }
}

@Controller()
class Bare {
  @Get() @OpaPolicy('orders/read') read() {
    return 'read';
  }
}

@Controller()
@UseGuards(OpaGuard)
class OfBilling {
  @Get() @OpaPolicy('orders/read', { instance: 'billing' }) read() {
    return 'read';
  }
}

type Override = (module: TestingModuleBuilder) => TestingModuleBuilder;

const allows = { decide: () => Promise.resolve({ allowed: true }) };
const letsIn = { canActivate: () => true };
const service: Override = (module) => module.overrideProvider(OpaService).useValue(allows);
const billing: Override = (module) => module.overrideProvider(getOpaToken('billing')).useValue(allows);
const guard: Override = (module) => module.overrideGuard(OpaGuard).useValue(letsIn);
const provider: Override = (module) => module.overrideProvider(OpaGuard).useValue(letsIn);
const appGuard: Provider = { provide: APP_GUARD, useExisting: OpaGuard };
const ownGuard: Provider = { provide: APP_GUARD, useClass: OpaGuard };
const global = (app: INestApplication): unknown => app.useGlobalGuards(app.get(OpaGuard));

describe('a test may override', () => {
  let app: INestApplication;
  afterEach(() => app.close());

  const status = async (
    controller: Type,
    override: Override,
    providers: Provider[] = [],
    prepare: (app: INestApplication) => unknown = () => undefined,
  ): Promise<number> => {
    const engine = new TestEngine({ 'orders/read': false });
    const module = Test.createTestingModule({
      imports: [OpaModule.forRoot({ engine, audit: false }), OpaModule.forRoot({ name: 'billing', engine })],
      controllers: [controller],
      providers,
    });
    app = (await override(module).compile()).createNestApplication({ logger: false });
    prepare(app);
    await app.listen(0, '127.0.0.1');
    return (await fetch(await app.getUrl())).status;
  };
  const nothing: Override = (module) => module;

  const ways: [string, (override: Override) => Promise<number>][] = [
    ['@UseGuards on the class', (override) => status(OnClass, override)],
    ['@UseGuards on the handler', (override) => status(OnHandler, override)],
    ['APP_GUARD with useExisting', (override) => status(Bare, override, [appGuard])],
    ['APP_GUARD with useClass', (override) => status(Bare, override, [ownGuard])],
    ['useGlobalGuards', (override) => status(Bare, override, [], global)],
  ];

  it.each(ways)('OpaService, for %s', async (_name, statusWith) => {
    expect(await statusWith(nothing)).toBe(403);
    await app.close();
    expect(await statusWith(service)).toBe(200);
  });

  it.each([
    ['nothing', () => undefined],
    ['a promise of nothing', () => Promise.resolve(undefined)],
    ['a promise of null', () => Promise.resolve(null)],
  ])('OpaService with a mock that returns %s, which is not an allow', async (_name, decide) => {
    expect(await status(OnClass, (module) => module.overrideProvider(OpaService).useValue({ decide }))).toBe(
      500,
    );
  });

  it('the OpaService of a named instance', async () => {
    expect(await status(OfBilling, service)).toBe(403);
    await app.close();
    expect(await status(OfBilling, billing)).toBe(200);
  });

  it.each([OnClass, OnHandler])('OpaGuard by overrideGuard, for @UseGuards: %p', async (controller) => {
    expect(await status(controller, guard)).toBe(200);
  });

  it('OpaGuard by overrideProvider, for APP_GUARD with useExisting', async () => {
    expect(await status(Bare, provider, [appGuard])).toBe(200);
  });
});
