import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa, TestEngine } from 'nestjs-opa/testing';
import type { RunningApp } from '../running-app.js';
import { ADAPTERS, runApp } from '../running-app.js';
import { AuthGuard } from './auth.js';
import { JwtApp, SlippedJwtApp } from './app.js';
import { IS_PUBLIC_KEY } from './public.js';

const options = { publicKeys: [IS_PUBLIC_KEY], authentication: [AuthGuard] };

describe.each(ADAPTERS)('an application with JWT authentication on %s', (adapter) => {
  let opa: OpaServer;
  let app: RunningApp;
  beforeAll(async () => {
    opa = await startOpa({ rego: await readFile(new URL('policy.rego', import.meta.url), 'utf8') });
    app = await runApp(JwtApp, adapter, { url: opa.url, ...options });
  });
  afterAll(async () => {
    await app.close();
    await opa.stop();
  });

  const signIn = (username: string, password: string) =>
    app.send('/auth/login', { method: 'POST', json: { username, password } });

  const tokenOf = async (username: string, password: string) => {
    const { body } = await signIn(username, password);
    return (body as { access_token: string }).access_token;
  };

  it("allows sign-in at a handler that the application's own marker makes public", async () => {
    expect(await signIn('john', 'changeme')).toMatchObject({ status: 200, body: { access_token: /^ey/ } });
    expect(await signIn('john', 'wrong')).toMatchObject({ status: 401 });
  });

  it.each([
    ['no token', undefined],
    ['a token of nobody', 'ey.ey.no'],
  ])('answers %s with the 401 of the authentication guard, not with a 403', async (_, token) => {
    expect(await app.send('/auth/profile', { token })).toMatchObject({ status: 401 });
  });

  it('decides about the user of the token', async () => {
    const john = await tokenOf('john', 'changeme');
    const maria = await tokenOf('maria', 'guess');
    expect(await app.send('/auth/profile', { token: john })).toMatchObject({
      status: 200,
      body: { username: 'john' },
    });
    expect(await app.send('/auth/admin', { token: maria })).toMatchObject({
      status: 200,
      body: { users: 2 },
    });
    expect(await app.send('/auth/admin', { token: john })).toMatchObject({
      status: 403,
      body: { reasons: ['only an admin may do this'] },
    });
  });

  it('refuses a handler without a policy', async () => {
    const token = await tokenOf('maria', 'guess');
    expect(await app.send('/auth/undeclared', { token })).toMatchObject({ status: 403 });
  });

  it('starts without a warning', () => {
    expect(app.startWarnings).toEqual([]);
  });
});

it('the audit warns when OpaGuard runs before the authentication guard of an imported module', async () => {
  const app = await runApp(SlippedJwtApp, 'express', { engine: new TestEngine({}), ...options });
  await app.close();
  expect(app.startWarnings.join('\n')).toMatch(/AuthController\.profile.*OpaGuard.*before.*AuthGuard/s);
});
