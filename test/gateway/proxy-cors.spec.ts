import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { AUDIENCE, ISSUER, startIssuer } from './support/tokens.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const PAGE = 'https://app.example';
const OTHER = 'https://other.example';
const ALLOWED = { 'access-control-allow-origin': PAGE, 'access-control-expose-headers': '*' };
let gateway: GatewayProcess;
let token: string;
const received: string[] = [];

beforeAll(async () => {
  const issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  token = await issuer.sign({ sub: 'ann' });
  const entries = (url: string) => [
    { name: 'shared', url, origins: [PAGE] },
    { name: 'denied', url, origins: [PAGE], policy: 'test/nothing' },
    { name: 'down', url: 'http://127.0.0.1:1', origins: [PAGE] },
  ];
  const handle: Parameters<typeof startOpenGateway>[1] = (request, response) => {
    received.push(request.method ?? '');
    response.writeHead(200, { 'access-control-allow-origin': '*', vary: 'Accept', 'x-up': '1' }).end();
  };
  ({ gateway } = await startOpenGateway(cleanup, handle, entries, {
    auth: { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE },
  }));
});

const preflight = (path: string, origin: string) =>
  send(gateway.port, {
    path,
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'REPORT',
      'access-control-request-headers': 'authorization, x-a',
    },
  });

describe('a page of an allowed origin', () => {
  it('gets a response to its preflight without a token and without a request to the upstream', async () => {
    const before = received.length;
    const response = await preflight('/api/denied/x', PAGE);
    expect(response).toMatchObject({
      status: 204,
      headers: {
        ...ALLOWED,
        'access-control-allow-methods': 'REPORT',
        'access-control-allow-headers': 'authorization, x-a',
        vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      },
    });
    expect(received.length).toBe(before);
  });

  it.each([
    ['an allowed request', '/api/shared/x', true, 200],
    ['a request without a token', '/api/shared/x', false, 401],
    ['a denied request', '/api/denied/x', true, 403],
    ['an upstream that is down', '/api/down/x', true, 502],
  ])('may read the response to %s', async (_what, path, hasToken, status) => {
    const response = await send(gateway.port, {
      path,
      headers: { origin: PAGE },
      ...(hasToken && { token }),
    });
    expect(response).toMatchObject({ status, headers: ALLOWED });
    expect(response.headers.vary).toMatch(/^Origin(, Accept)?$/);
  });

  it('gets a decision for OPTIONS that is no preflight', async () => {
    const headers = { origin: PAGE };
    const sent = { method: 'OPTIONS', headers, token };
    expect(await send(gateway.port, { ...sent, path: '/api/denied/x' })).toMatchObject({ status: 403 });
    expect(await send(gateway.port, { ...sent, path: '/api/shared/x' })).toMatchObject({
      status: 200,
      headers: { 'x-up': '1' },
    });
  });
});

describe('a page of another origin', () => {
  it('gets no CORS headers, and its request is decided', async () => {
    const allowed = await send(gateway.port, { path: '/api/shared/x', headers: { origin: OTHER }, token });
    expect(allowed).toMatchObject({ status: 200, headers: { 'x-up': '1', vary: 'Origin, Accept' } });
    const before = received.length;
    const refused = await preflight('/api/shared/x', OTHER);
    expect(refused).toMatchObject({ status: 204 });
    for (const { headers } of [allowed, refused]) {
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    expect(received.length).toBe(before);
  });
});

it("passes the upstream's CORS headers for an entry without origins, and decides its preflights", async () => {
  expect(await preflight('/api/up/x', PAGE)).toMatchObject({ status: 401 });
  const response = await send(gateway.port, { path: '/api/up/x', headers: { origin: PAGE }, token });
  expect(response).toMatchObject({
    status: 200,
    headers: { 'access-control-allow-origin': '*', vary: 'Accept' },
  });
});
