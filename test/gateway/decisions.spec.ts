import { createHmac, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import { startGateway } from './support/gateway-process.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpa, writePolicies } from './support/opa-process.js';
import { AUDIENCE, ISSUER, startIssuer } from './support/tokens.js';
import type { Issuer } from './support/tokens.js';
import { ORDER, startOrders } from './support/upstream.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let issuer: Issuer;
let orders: Awaited<ReturnType<typeof startOrders>>;
const gateways = new Map<string, GatewayProcess>();
const ENGINES = ['remote', 'embedded'];

beforeAll(async () => {
  issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  orders = cleanup.add(await startOrders(), ({ close }) => close());
  const policies = cleanup.add(await writePolicies(), ({ remove }) => remove());
  const opa = cleanup.add(await startOpa(policies), ({ kill }) => kill());
  const auth = { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE };
  const upstreams = [
    { name: 'orders', url: orders.url, policy: 'test/request', response: 'test/response' },
    { name: 'nothing', url: orders.url, policy: 'test/nothing/allow' },
    { name: 'missing', url: orders.url, policy: 'test/not/there' },
  ];
  const engines = { remote: { url: opa.url }, embedded: { bundle: policies.bundle } };
  for (const [name, engine] of Object.entries(engines)) {
    // An embedded engine has its entry points and nothing else.
    const used = name === 'embedded' ? upstreams.slice(0, 2) : upstreams;
    const gateway = await startGateway({ opa: engine, auth, upstreams: used });
    gateways.set(
      name,
      cleanup.add(gateway, ({ end }) => end()),
    );
  }
});

const portOf = (engine: string) => gateways.get(engine)?.port ?? 0;

const unsigned = (header: object, claims: object): string =>
  [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

describe.each(ENGINES)('the gateway with the %s engine', (engine) => {
  it('lets an allowed request through', async () => {
    const token = await issuer.sign({ sub: 'bob', role: 'editor' });
    const response = await send(portOf(engine), { path: '/api/orders/1001', token });
    expect([response.status, response.json()]).toEqual([200, ORDER]);
    expect(response.headers['content-type']).toBe('application/json');
  });

  it('denies with 403 and reasons, without a request to the upstream', async () => {
    const token = await issuer.sign({ sub: 'alice', role: 'viewer' });
    const before = orders.requests.length;
    const response = await send(portOf(engine), { path: '/api/orders/1001', method: 'DELETE', token });
    expect(response.status).toBe(403);
    expect(response.json()).toMatchObject({ statusCode: 403, reasons: ['only editors may change orders'] });
    expect(orders.requests).toHaveLength(before);
  });

  it('masks what the response policy names', async () => {
    const token = await issuer.sign({ sub: 'alice', role: 'viewer' });
    const response = await send(portOf(engine), { path: '/api/orders/1001', token });
    expect(response.status).toBe(200);
    expect(response.text).not.toContain(ORDER.customer.email);
    expect(response.json()).toMatchObject({ id: 1001, customer: { name: 'Ada' } });
    expect(Number(response.headers['content-length'])).toBe(response.text.length);
  });

  it('denies where the policy is undefined', async () => {
    const token = await issuer.sign({ sub: 'bob', role: 'editor' });
    expect(await send(portOf(engine), { path: '/api/nothing/1', token })).toMatchObject({ status: 403 });
  });

  it('requires a token', async () => {
    const response = await send(portOf(engine), { path: '/api/orders/1001' });
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer');
    expect(response.json()).toMatchObject({ statusCode: 401, error: 'Unauthorized' });
  });

  const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'bob', role: 'editor', exp: 4_000_000_000 };
  const BAD_TOKENS: Record<string, () => Promise<string> | string> = {
    'an expired one': () => issuer.sign({ ...claims, exp: 1_000_000_000 }),
    'one without an expiry': () => issuer.sign({ ...claims, exp: undefined }),
    'one for another audience': () => issuer.sign({ ...claims, aud: 'other' }),
    'one of another issuer': () => issuer.sign({ ...claims, iss: 'https://other.example' }),
    'one without a subject': () => issuer.sign({ ...claims, sub: undefined }),
    'one with an empty subject': () => issuer.sign({ ...claims, sub: '' }),
    'one whose subject is a number': () => issuer.sign({ ...claims, sub: 7 }),
    'one with an algorithm of none': () => `${unsigned({ alg: 'none' }, claims)}.`,
    'one that the public key signed as a secret': () => {
      const text = unsigned({ alg: 'HS256', kid: 'test' }, claims);
      return `${text}.${createHmac('sha256', issuer.publicPem).update(text).digest('base64url')}`;
    },
    'one of an unknown key': async () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const key = await crypto.subtle.importKey(
        'pkcs8',
        privateKey.export({ type: 'pkcs8', format: 'der' }),
        { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
        false,
        ['sign'],
      );
      return issuer.sign(claims, key);
    },
    'one with a changed claim': async () => {
      const [header = '', , signature = ''] = (await issuer.sign({ ...claims, role: 'viewer' })).split('.');
      const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
      return `${header}.${changed}.${signature}`;
    },
    'no token at all': () => 'nonsense',
  };

  it.each(Object.keys(BAD_TOKENS))('refuses a bad token: %s', async (name) => {
    const token = await BAD_TOKENS[name]?.();
    const response = await send(portOf(engine), { path: '/api/orders/1001', token: token ?? '' });
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
  });

  it('refuses credentials of another kind', async () => {
    const headers = { authorization: 'Basic Ym9iOmJvYg==' };
    expect(await send(portOf(engine), { path: '/api/orders/1001', headers })).toMatchObject({ status: 401 });
  });

  it('responds 404 for other upstreams', async () => {
    const token = await issuer.sign({ sub: 'bob', role: 'editor' });
    expect(await send(portOf(engine), { path: '/api/other/1', token })).toMatchObject({ status: 404 });
  });

  it('is live and ready, and requires no token for these routes', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const response = await send(portOf(engine), { path });
      expect([response.status, response.json()]).toEqual([200, { status: 'ok' }]);
    }
  });

  it('writes no tokens and no payloads to its log', () => {
    const output = gateways.get(engine)?.output() ?? '';
    expect(output).toContain('Listening on');
    expect(output).not.toMatch(/eyJ|ada@example\.com/);
  });
});

it('denies where a remote OPA has no such policy', async () => {
  const token = await issuer.sign({ sub: 'bob', role: 'editor' });
  expect(await send(portOf('remote'), { path: '/api/missing/1', token })).toMatchObject({ status: 403 });
});
