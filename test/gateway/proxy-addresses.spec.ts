import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { Routes } from './support/routes.js';
import type { TestServer } from './support/upstream.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const routes = new Routes();
let gateway: GatewayProcess;
let published: GatewayProcess;
let upstream: TestServer;

beforeAll(async () => {
  const entries = (url: string) => [{ name: 'root', url }];
  ({ gateway, upstream } = await startOpenGateway(cleanup, routes.handle, entries));
  const listen = { publicUrl: 'https://gw.example/edge' };
  ({ gateway: published } = await startOpenGateway(cleanup, routes.handle, entries, { listen }));
});

/** Sends the headers from the upstream, through the entry, and returns the client's headers. */
async function headersFrom(headers: Record<string, string | string[]>, entry = 'up', status = 302) {
  const path = routes.add((_request, response) => response.writeHead(status, headers).end());
  return (await send(gateway.port, { path: `/api/${entry}${path}` })).headers;
}

describe('a reference of the upstream', () => {
  it.each([
    ['a path below the base path', '/base/a?b=%2F#c', '/api/up/a?b=%2F#c'],
    ['the base path', '/base', '/api/up'],
    ['a path outside of the base path', '/login', '/api/up/login'],
    ['a path that only begins like the base path', '/based', '/api/up/based'],
    ['a path that already has the prefix', '/api/up/a', '/api/up/a'],
    ['a relative path', 'next', '/api/up/next'],
    ['a query', '?page=2', expect.stringMatching(/^\/api\/up\/\d+\?page=2$/)],
    ['a path with dot segments', '../base/x', '/api/up/x'],
    ['a path from the root with dot segments', '/a/../../other/x?y#z', '/api/up/other/x?y#z'],
    ['encoded dot segments', '/%2e%2E/../x', '/api/up/x'],
    ['dot segments between backslashes', '/a\\..\\..\\x', '/api/up/x'],
    ['dot segments that a tab hides', '/.\t./x', '/api/up/x'],
    ['a URL of another host', 'https://idp.example/login', 'https://idp.example/login'],
    ['a URL of another port', 'http://127.0.0.1:1/x', 'http://127.0.0.1:1/x'],
    ['a host without a scheme', '//elsewhere.example/x', '//elsewhere.example/x'],
    ['a URL that is not valid', 'http://', 'http://'],
  ])('is rewritten where it leads to the upstream: %s', async (_what, location, expected) => {
    expect((await headersFrom({ location })).location).toEqual(expected);
  });

  it.each([201, 202, 301, 307, 200])('is rewritten with status %i', async (status) => {
    const location = `${upstream.url}/base/a`;
    expect((await headersFrom({ location }, 'up', status)).location).toBe('/api/up/a');
  });

  it('is rewritten for an upstream without a base path, and in Content-Location and Refresh', async () => {
    const headers = {
      location: `${upstream.url}/base/a`,
      'content-location': '/a',
      refresh: '5; url="/b"',
      link: '</c>; rel=next',
    };
    expect(await headersFrom(headers, 'root')).toMatchObject({
      location: '/api/root/base/a',
      'content-location': '/api/root/a',
      refresh: '5; url="/api/root/b"',
      link: '</c>; rel=next',
    });
  });

  it('begins with listen.publicUrl, and the upstream gets the prefix in X-Forwarded-Prefix', async () => {
    const path = routes.add((request, response) => {
      const { host = '' } = request.headers;
      const prefix = String(request.headers['x-forwarded-prefix']);
      response.writeHead(302, {
        location: `http://${host}/base/a`,
        'content-location': '/a',
        'set-cookie': 'a=1; Path=/a',
        'x-prefix': prefix,
      });
      response.end();
    });
    expect((await send(published.port, { path: `/api/up${path}` })).headers).toMatchObject({
      location: 'https://gw.example/edge/api/up/a',
      'content-location': '/edge/api/up/a',
      'set-cookie': ['a=1; Path=/edge/api/up/a'],
      'x-prefix': '/edge/api/up',
    });
  });
});

describe('a cookie of the upstream', () => {
  it.each([
    ['the path of the whole host', 'a=1; Path=/', 'a=1; Path=/api/up'],
    ['the base path', 'a=1; path=/base; HttpOnly', 'a=1; path=/api/up; HttpOnly'],
    ['a path below the base path', 'a=1;PATH = /base/x ;Secure', 'a=1;PATH = /api/up/x ;Secure'],
    ['a path that already has the prefix', 'a=1; Path=/api/up/x', 'a=1; Path=/api/up/x'],
    ['no path', 'a=/; SameSite=Lax', 'a=/; SameSite=Lax'],
    ['a relative path', 'a=1; Path=x', 'a=1; Path=x'],
    ["the upstream's host", 'a=1; DOMAIN=.127.0.0.1; Max-Age=1', 'a=1; Max-Age=1'],
    ['another domain', 'a=1; Domain=example.com', 'a=1; Domain=example.com'],
    ['the prefix __Host-', '__Host-a=1; Path=/; Secure', '__Host-a=1; Path=/; Secure'],
    ['the prefix __Secure-', '__Secure-a=1; Path=/; Secure', '__Secure-a=1; Path=/api/up; Secure'],
  ])('leads to the gateway with %s', async (_what, cookie, expected) => {
    const { 'set-cookie': cookies } = await headersFrom({ 'set-cookie': [cookie, 'b=2; Path=/base/b'] });
    expect(cookies).toEqual([expected, 'b=2; Path=/api/up/b']);
  });

  // The client's default path for /api/root is /api, the path of all upstreams.
  it.each([
    ['no path', 'a=1; HttpOnly', 'a=1; HttpOnly; Path=/api/root'],
    ['a relative path', 'a=1; Path=x', 'a=1; Path=x; Path=/api/root'],
    ['an empty path at the end', 'a=1; Path=/a; Path=', 'a=1; Path=/api/root/a; Path=; Path=/api/root'],
    ['a path', 'a=1; Path=/a', 'a=1; Path=/api/root/a'],
  ])("of the upstream's root does not reach other upstreams with %s", async (_what, cookie, expected) => {
    upstream.server.once('request', (_request, response) => {
      response.writeHead(200, { 'set-cookie': cookie }).end();
    });
    const { headers } = await send(gateway.port, { path: '/api/root' });
    expect(headers['set-cookie']).toEqual([expected]);
  });
});
