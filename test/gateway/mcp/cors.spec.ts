import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { AUDIENCE, ISSUER } from '../support/tokens.js';
import { startAllowing } from './support/allowing.js';
import { browserFetch } from './support/browser.js';
import { CLIENTS } from './support/clients.js';
import { call, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { startReference } from './support/real-servers.js';
import { event, reply, textResult, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const ORIGIN = 'https://app.example';
const METADATA = '/.well-known/oauth-protected-resource/mcp/up';
let mcp: McpGateway;
let closed: McpGateway;
let port: number;
beforeAll(async () => {
  const entry = { origins: [ORIGIN] };
  mcp = await startMcpGateway(cleanup, [entry, { name: 'http', denial: 'http', ...entry }]);
  port = mcp.gateway.port;
  const auth = { jwks: mcp.issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE };
  closed = await startMcpGateway(cleanup, [entry], { auth });
});

const cors = ({ headers }: HttpResponse): object =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /^(access-control-|vary$)/.test(name)));
const shared = {
  vary: 'Origin',
  'access-control-allow-origin': ORIGIN,
  'access-control-expose-headers': 'Mcp-Session-Id, WWW-Authenticate, MCP-Protocol-Version',
};
const preflight = (gatewayPort: number, headers: object = {}, path = '/mcp/up'): Promise<HttpResponse> =>
  send(gatewayPort, {
    path,
    method: 'OPTIONS',
    headers: { origin: ORIGIN, 'access-control-request-method': 'POST', ...headers },
  });

describe('a preflight', () => {
  it('lists the methods and headers that a page may send, and needs no token', async () => {
    const before = closed.upstream.requests.length;
    const requested = {
      'access-control-request-headers': 'authorization,mcp-param-Region, x-own,mcp-param-',
    };
    const response = await preflight(closed.gateway.port, requested);
    expect([response.status, response.text, cors(response)]).toEqual([
      204,
      '',
      {
        ...shared,
        vary: 'Origin, Access-Control-Request-Headers',
        'access-control-allow-methods': 'POST, GET, DELETE',
        'access-control-allow-headers':
          'Authorization, Content-Type, Accept, Mcp-Session-Id, MCP-Protocol-Version, Last-Event-ID, Mcp-Method, Mcp-Name, mcp-param-Region',
      },
    ]);
    expect(closed.upstream.requests).toHaveLength(before);
  });

  it.each([
    ['of an origin that may not call', { origin: 'https://evil.example' }, 403],
    ['without an origin', { origin: undefined }, 401],
    ['without a method', { 'access-control-request-method': undefined }, 401],
    ['to a name that was bound to this machine', { host: 'rebound.example' }, 403],
  ])('is none %s', async (_name, headers, status) => {
    const all = { origin: ORIGIN, 'access-control-request-method': 'POST', ...headers };
    const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    const response = await send(closed.gateway.port, {
      path: '/mcp/up',
      method: 'OPTIONS',
      headers: present,
    });
    expect(response.status).toBe(status);
    for (const name of ['methods', 'headers'])
      expect(response.headers).not.toHaveProperty(`access-control-allow-${name}`);
  });
});

describe('a response', () => {
  const headers = { origin: ORIGIN };

  it.each([
    ['a result', () => post(port, tool('x'), { headers }), 200],
    ['a denial', () => post(port, tool('secret'), { headers }), 200],
    [
      "a denial with the denial's status",
      () => post(port, tool('secret'), { headers, path: '/mcp/http' }),
      403,
    ],
    ['a step-up', () => post(port, tool('pay'), { headers }), 403],
    ['no token', () => post(closed.gateway.port, tool('x'), { headers }), 401],
    ['a wrong token', () => post(port, tool('x'), { headers, token: 'none' }), 401],
    ['no JSON', () => post(port, '{', { headers }), 400],
    [
      'a body of another type',
      () => post(port, 'x', { headers: { ...headers, 'content-type': 'a/b' } }),
      415,
    ],
    ['another method', () => send(port, { path: '/mcp/up', method: 'PUT', headers }), 405],
  ])('can be read by the page: %s', async (_name, request, status) => {
    mcp.upstream.respond = ({ message }, response) => {
      const serverHeaders = {
        'access-control-allow-origin': '*',
        'access-control-allow-credentials': 'true',
      };
      reply(response, textResult(message, 'ok'), 200, serverHeaders);
    };
    const response = await request();
    expect([response.status, cors(response)]).toEqual([status, shared]);
  });

  it("can be read as a stream too, and varies as the server's does", async () => {
    mcp.upstream.respond = ({ message }, response) =>
      stream(response, { vary: 'Accept', 'access-control-allow-origin': '*' }).end(
        event(textResult(message, 'ok')),
      );
    for (const method of ['POST', 'GET']) {
      const body = JSON.stringify(tool('x'));
      const type = { 'content-type': 'application/json' };
      const sent = method === 'POST' ? { headers: { ...headers, ...type }, body } : { headers };
      const response = await send(port, { path: '/mcp/up', method, ...sent });
      expect([response.status, cors(response)]).toEqual([200, { ...shared, vary: 'Origin, Accept' }]);
    }
  });

  it.each([
    ['of another origin', { origin: 'https://evil.example' }, 403],
    ['of none that could be named', { origin: 'null' }, 403],
    ['whose name was bound to this machine', { ...headers, host: 'rebound.example' }, 403],
    ['of no page', {}, 200],
  ])('can be read by no page %s', async (_name, pageHeaders, status) => {
    const response = await post(port, call('ping'), { headers: pageHeaders });
    const vary = expect.stringMatching(/^Origin\b/) as unknown;
    expect([response.status, cors(response)]).toEqual([status, { vary }]);
  });
});

it('pages of allowed origins can read the metadata of the server', async () => {
  const closedPort = closed.gateway.port;
  for (const [origin, headers] of [
    [ORIGIN, shared],
    ['https://evil.example', { vary: 'Origin' }],
  ] as const) {
    const response = await send(closedPort, { path: METADATA, headers: { origin } });
    expect([response.status, cors(response)]).toEqual([200, headers]);
    const preflightResponse = await preflight(
      closedPort,
      { origin, 'access-control-request-method': 'GET' },
      METADATA,
    );
    const allowed = origin === ORIGIN ? { 'access-control-allow-methods': 'GET' } : headers;
    expect([preflightResponse.status, cors(preflightResponse)]).toMatchObject([204, allowed]);
  }
});

describe.each(CLIENTS)('%s in a browser', (_name, connect) => {
  it('works from an allowed origin, and from no other', async () => {
    const url = await startAllowing(cleanup, await startReference(cleanup));
    const client = await connect(url, undefined, undefined, browserFetch('http://localhost:6274'));
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
    await client.close();
    const refused = connect(url, undefined, undefined, browserFetch('https://evil.example'));
    await expect(refused).rejects.toThrow('not shared');
  });
});
