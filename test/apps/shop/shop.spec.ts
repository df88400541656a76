import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa, TestEngine } from 'nestjs-opa/testing';
import type { RunningApp } from '../running-app.js';
import { ADAPTERS, runApp } from '../running-app.js';
import { LeakingShopApp, ShopApp } from './app.js';
import { hashOf } from './auth.js';

const rego = async (name: string) => readFile(new URL(name, import.meta.url), 'utf8');

/** The user as the database has it is more than a policy needs: the password's hash stays here. */
const input = { subject: ['id', 'roles'] };

describe.each(ADAPTERS)('a shop with TypeORM, Passport, a serializer and a cache on %s', (adapter) => {
  let opa: OpaServer;
  let app: RunningApp;
  beforeAll(async () => {
    const policies = { 'orders.rego': await rego('policy.rego'), 'prices.rego': await rego('prices.rego') };
    opa = await startOpa({ rego: policies });
    app = await runApp(ShopApp, adapter, { url: opa.url, input, verifyPolicies: true });
  });
  afterAll(async () => {
    await app.close();
    await opa.stop();
  });

  const tokenOf = async (name: string) => {
    const json = { email: `${name}@example.com`, password: `${name}@example.com` };
    const { body } = await app.send('/login', { method: 'POST', json });
    return (body as { token: string }).token;
  };
  const get = async (path: string, name: string) => app.send(path, { token: await tokenOf(name) });

  it('starts with one warning: about the serializer that runs after a policy', () => {
    expect(app.startWarnings).toEqual([
      expect.stringMatching(/ArchiveController\.read.*ClassSerializerInterceptor/s),
    ]);
  });

  it('refuses wrong passwords and missing tokens as Passport does', async () => {
    const json = { email: 'ada@example.com', password: 'no' };
    expect(await app.send('/login', { method: 'POST', json })).toMatchObject({ status: 401 });
    expect(await app.send('/orders/1')).toMatchObject({ status: 401 });
  });

  it.each([
    ['the owner sees the order', '/orders/1', 'ada', 'ada@example.com'],
    ['an auditor sees it without the address', '/orders/1', 'grace', '***'],
    ['the owner sees the archive', '/archive/1', 'ada', 'ada@example.com'],
    ['an auditor sees it without the address', '/archive/1', 'grace', '***'],
  ])('%s, with a serializer before or after the policy: %s', async (_, path, name, email) => {
    const { status, body, text } = await get(path, name);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      item: 'tea',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      owner: { email, handle: expect.stringMatching(/^@/) },
    });
    expect(text).not.toContain(hashOf('ada@example.com'));
    expect(text).not.toContain('passwordHash');
  });

  it("returns 403 for another buyer's order, and 404 for a missing order", async () => {
    expect(await get('/orders/1', 'alan')).toMatchObject({ status: 403 });
    expect(await get('/orders/99', 'alan')).toMatchObject({ status: 404 });
  });

  it('masks each item of a list, and leaves all other fields to the class serializer', async () => {
    const { status, body, text } = await get('/orders', 'grace');
    expect([status, (body as { owner: { email: string } }[]).map(({ owner }) => owner.email)]).toEqual([
      200,
      ['***', '***'],
    ]);
    expect(text).not.toContain('passwordHash');
    expect(await get('/orders', 'ada')).toMatchObject({ status: 403 });
  });

  it('decides in the handler with the validated body', async () => {
    const token = await tokenOf('ada');
    const create = (cost: unknown) =>
      app.send('/orders', { method: 'POST', token, json: { item: 'cups', cost } });
    expect(await create(101)).toMatchObject({ status: 403, body: { reasons: ['too expensive'] } });
    expect(await create('many')).toMatchObject({ status: 400 });
    const created = await create(100);
    expect(created).toMatchObject({ status: 201, body: { item: 'cups' } });
    expect(created.text).not.toContain('passwordHash');
  });

  it("caches the handler's result, and decides the response for each caller", async () => {
    const first = await get('/prices', 'grace');
    const second = await get('/prices', 'ada');
    const third = await get('/prices', 'grace');
    expect(first.body).toEqual({ tea: 3, margin: 0.4, computed: 1 });
    expect(second.body).toEqual({ tea: 3, computed: 1 });
    expect(third.body).toEqual(first.body);
  });
});

it.each(ADAPTERS)('does not start with a cache outside a response policy on %s', async (adapter) => {
  const start = runApp(LeakingShopApp, adapter, { engine: new TestEngine({}), input });
  await expect(start).rejects.toThrow(/LeakingController\.read.*CacheInterceptor/s);
});
