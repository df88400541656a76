import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Controller, Get, Headers, UseGuards, UseInterceptors } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import {
  getOpaToken,
  OpaClient,
  OpaError,
  OpaGuard,
  OpaHealthIndicator,
  OpaHttpService,
  OpaInterceptor,
  OpaModule,
  OpaPolicy,
  OpaService,
} from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

@Controller()
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
class Bills {
  @Get('unnamed') @OpaPolicy('read') unnamed(@Headers() headers: object) {
    return headers;
  }
  @Get('billing')
  @OpaPolicy('read', { instance: 'billing', response: 'view' })
  billing(@Headers() headers: object) {
    return headers;
  }
  @Get('missing') @OpaPolicy('read', { instance: 'misspelt' }) missing() {
    return 'missing';
  }
}

describe('named instances', () => {
  let app: INestApplication;
  let unnamed: TestEngine;
  let billing: TestEngine;
  afterEach(() => app.close());

  const start = async (options: OpaModuleOptions = {}): Promise<string> => {
    unnamed = new TestEngine({ read: true });
    billing = new TestEngine({ read: true, view: true });
    const module = await Test.createTestingModule({
      imports: [
        OpaModule.forRoot({ engine: unnamed }),
        OpaModule.forRootAsync({ name: 'billing', useFactory: () => ({ engine: billing, ...options }) }),
      ],
      controllers: [Bills],
    }).compile();
    app = module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    return app.getUrl();
  };

  it('decide the handlers that name them, by guard and interceptor, with their own options', async () => {
    const url = await start({
      policyHeaders: ['x-authz-*'],
      input: { shape: 'authzen', subject: () => ({ id: 'ann' }), headers: ['x-tenant'] },
    });
    const headers = { 'x-tenant': 't1', 'x-authz-role': 'root' };
    expect(await (await fetch(`${url}/unnamed`, { headers })).json()).toMatchObject(headers);
    const body = (await (await fetch(`${url}/billing`, { headers })).json()) as object;
    expect(body).toMatchObject({ 'x-tenant': 't1' });
    expect(body).not.toHaveProperty('x-authz-role');
    expect(unnamed.questions).toMatchObject([
      { policy: 'read', input: { subject: { type: 'anonymous' }, request: { path: '/unnamed' } } },
    ]);
    const input = { subject: { id: 'ann' }, context: { headers: { 'x-tenant': 't1' } } };
    expect(billing.questions).toMatchObject([
      { policy: 'read', input },
      { policy: 'view', input: { ...input, response: { status: 200 } } },
    ]);
  });

  it.each([OpaClient, OpaHttpService, OpaHealthIndicator])('provide their own %p', async (provided) => {
    await start();
    const instance: object = app.get(getOpaToken('billing', provided));
    expect(instance).toBeInstanceOf(provided);
    expect(instance).not.toBe(app.get(getOpaToken(undefined, provided)));
  });

  it('have their own health indicator', async () => {
    await start();
    Object.assign(billing, { ready: () => Promise.reject(new OpaError('OPA_UNREACHABLE', 'gone')) });
    const health = async (name?: string): Promise<object> =>
      app.get<OpaHealthIndicator>(getOpaToken(name, OpaHealthIndicator)).isHealthy();
    expect(await health('billing')).toEqual({ opa: { status: 'down', code: 'OPA_UNREACHABLE' } });
    expect(await health()).toEqual({ opa: { status: 'up' } });
  });

  it('have their own mode and report', async () => {
    const url = await start({ mode: 'permissive' });
    billing.answer('read', false);
    unnamed.answer('read', false);
    expect((await fetch(`${url}/billing`)).status).toBe(200);
    expect((await fetch(`${url}/unnamed`)).status).toBe(403);
    const ofBilling = app.get<OpaService>(getOpaToken('billing'), { strict: false });
    expect(ofBilling.permissiveReport()).toMatchObject([{ policy: 'read', outcome: 'deny', count: 1 }]);
    expect(app.get(OpaService).permissiveReport()).toEqual([]);
  });

  it.each([
    ['without a name', {}],
    ['with the name "billing"', { name: 'billing' }],
  ])('stop the start when two global instances are %s', async (which, extras) => {
    const instance = () => OpaModule.forRoot({ engine: new TestEngine(), ...extras });
    const module = await Test.createTestingModule({ imports: [instance(), instance()] }).compile();
    app = module.createNestApplication({ logger: false });
    await expect(app.init()).rejects.toMatchObject({
      code: 'OPA_BAD_OPTIONS',
      message: expect.stringContaining(`imports 2 global instances ${which}.`),
    });
  });

  it('that do not exist deny every request', async () => {
    const response = await fetch(`${await start()}/missing`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('misspelt');
  });
});
