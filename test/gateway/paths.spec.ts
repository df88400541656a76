import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let gateway: GatewayProcess;
const upstreamPaths: string[] = [];

beforeAll(async () => {
  ({ gateway } = await startOpenGateway(cleanup, (request, response) => {
    upstreamPaths.push(request.url ?? '');
    const { url, headers } = request;
    response.end(JSON.stringify({ url, decided: headers['x-policy-path'] }));
  }));
});

describe('an ambiguous path', () => {
  const REFUSED = [
    '/api/up/../x',
    '/api/../api/up/x',
    '/api/./up/x',
    '/api/up/.',
    '/api/up/%2e%2e/x',
    '/api/up/.%2E/x',
    '/api/up/%2e',
    '/api/up/..;v=1/x',
    '/api/up//x',
    '/api//up/x',
    '//api/up/x',
    '/api/up/x//',
    '/%61pi//up/x',
    '/api/up/a\\b',
    '/api/up/..\\x',
    '/api/up/a%5cb',
    '/api/up/a%2Fb',
    '/api/up/..%2fx',
    '/api/up/%00',
    '/api/up/a%0d%0ab',
    '/api/up/%7f',
    '/api/up/%c2%85',
    '/api/up/%c0%ae%c0%ae/x',
    '/api/up/..%3Bx/y',
    '/api/up/%2e%2E;/y',
    '/api/up/;x=1/y',
    '/api/up/;/y',
    '/api/up/;',
    '/api/up/%3bx/y',
    '/api/;v=1/up/x',
    '/api/up/%252e%252E/y',
    '/api/up/%252e',
    '/api/up/a%252ejson',
    '/api/up/a%252Fb',
    '/api/up/a%255cb',
    '/api/up/a%2500b',
    '/api/up/%25252e%25252e/x',
    '/api/up/%2525252525252fx',
    '/api/up/%25%32%65/x',
    '/api/up/%25%32%46x',
    '/api/up/%2%35%32e/x',
    '/api/up/%%36%31dmin',
    '/api/%2575p/%252e%252e/x',
    `/api/up/%${'25'.repeat(2000)}2e`,
    `/api/up/%${'25'.repeat(9)}41`,
    '/api/up/%ff',
    '/api/up/%zz',
    '/api/up/%',
    '/api/up/x#y',
    '/api/up/x?a=1#b=2',
    '/api/up?#',
    'http://127.0.0.1/api/up/x',
    '*',
  ];

  it.each(REFUSED)('is refused before a policy is evaluated: %s', async (path) => {
    const before = upstreamPaths.length;
    const response = await send(gateway.port, { path });
    expect(response.status).toBe(400);
    expect(response.json()).toMatchObject({ statusCode: 400, error: 'Bad Request' });
    expect(upstreamPaths).toHaveLength(before);
  });
});

describe('the policy and the upstream get the same path', () => {
  const PASSED = {
    '/api/up': '/',
    '/api/up/': '/',
    '/api/up/1001': '/1001',
    '/api/up/1001/': '/1001/',
    '/api/up/a/b/c': '/a/b/c',
    '/api/%75p/1001': '/1001',
    '/api/up/%41%2541%c3%a9': '/A%2541%c3%a9',
    '/api/up/%61dmin': '/admin',
    '/api/up/%61%44%4D%49n/%30%2d%5F%5f%7e%7E': '/aDMIn/0-__~~',
    '/%61pi/%75%70/x%2Ejson': '/x.json',
    '/api/up/%2e%2e%2e': '/...',
    '/api/up/%3a%3A%20%28a%29': '/%3a%3A%20%28a%29',
    '/api/up/a;b/c;': '/a;b/c;',
    '/api/up/100%25': '/100%25',
    '/api/up/50%2520off': '/50%2520off',
    "/api/up/a;v=1:2@,!$&'()*+=~": "/a;v=1:2@,!$&'()*+=~",
    '/api/up/{a}|"^[b]<c>': '/{a}|"^[b]<c>',
    '/api/up/...': '/...',
    '/api/up/..a/b..': '/..a/b..',
    [`/api/up/${'a'.repeat(3000)}`]: `/${'a'.repeat(3000)}`,
  };

  it.each(Object.entries(PASSED))('%s', async (path, expected) => {
    const response = await send(gateway.port, { path });
    expect(response.json()).toEqual({ url: `/base${expected}`, decided: expected });
  });

  const QUERIES = ['?', '?a=b&a=c', '?a=%20+b&&=&x', '?/../x', '?a=b?c=d', '?%zz', '?a[]={"b":1}|'];
  it.each(QUERIES)('and the query passes byte for byte: %s', async (query) => {
    const response = await send(gateway.port, { path: `/api/up/x${query}` });
    expect(response.json()).toEqual({ url: `/base/x${query}`, decided: '/x' });
  });
});

it('responds 404 where no route exists', async () => {
  for (const path of ['/', '/api', '/api/', '/api/other', '/api/upper/x', '/api/UP/x', '/health']) {
    const response = await send(gateway.port, { path });
    expect([path, response.status]).toEqual([path, 404]);
  }
});

it.each(['authzen', 'envoy', 'contextforge'])(
  'a policy sees the path as the upstream gets it in the shape %s too',
  async (shape) => {
    const opa = { input: { shape }, policy: 'test/reflect' };
    const shaped = await startOpenGateway(cleanup, (_request, response) => response.end(), undefined, {
      opa,
    });
    const response = await send(shaped.gateway.port, { path: '/api/up/%61dmin?%61=%62' });
    expect(response.text).toContain('/admin');
    expect(response.text).not.toContain('%61dmin');
  },
  60_000,
);
