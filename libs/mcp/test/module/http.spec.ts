import { RequestMethod } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../../../../test/gateway/support/cleanup.js';
import { open, send } from '../../../../test/gateway/support/client.js';
import { startOpa } from '../../../../test/gateway/support/opa-process.js';
import { call, tool } from '../../../../test/gateway/mcp/support/mcp-gateway.js';
import { DECIDED, POLICIES } from '../../../../test/gateway/mcp/support/policies.js';
import {
  event,
  reply,
  result,
  textResult,
  startScripted,
  stream,
} from '../../../../test/gateway/mcp/support/scripted-server.js';
import type { ScriptedServer } from '../../../../test/gateway/mcp/support/scripted-server.js';
import { HEADERS, SETUPS, startApp } from './support.js';
import type { Started } from './support.js';

const cleanup = new Cleanup();
let opaUrl: string;
let upstream: ScriptedServer;
beforeAll(async () => {
  opaUrl = cleanup.add(await startOpa({ rego: POLICIES }), ({ kill }) => kill()).url;
  upstream = cleanup.add(await startScripted(), ({ close }) => close());
});
afterAll(() => cleanup.run());

const servers = () =>
  [
    { name: 'up' },
    { name: 'http', denial: 'http' as const },
    { name: 'result', denial: 'result' as const },
  ].map((entry) => ({ url: `${upstream.url}/mcp`, ...DECIDED, ...entry }));
const initialize = call('initialize', { protocolVersion: '2025-11-25', capabilities: {} });

describe.each(SETUPS)('an application on $platform, body parser: $body', (setup) => {
  let app: Started;
  beforeAll(async () => {
    const authorizationServers = ['https://issuer.example'];
    app = await startApp(setup, opaUrl, { servers: servers(), authorizationServers });
  });
  afterAll(() => app.app.close());

  it('passes an allowed call and its response unchanged', async () => {
    upstream.respond = ({ message }, response) => reply(response, textResult(message, 'found'));
    const text =
      ' {"jsonrpc":"2.0", "id":7,"method":"tools/call","params":{"name":"x","arguments":{"n":1.50}}}';
    const response = await app.post(text, { user: 'alice' });
    expect([response.status, response.json()]).toEqual([200, textResult({ id: 7 }, 'found')]);
    expect(upstream.requests.at(-1)?.text).toBe(text);
  });

  it.each([
    ['up', 200, { error: { code: -32001, message: expect.stringContaining('secret is for nobody') } }],
    ['http', 403, { error: { code: -32001 } }],
    ['result', 200, { result: { isError: true } }],
  ])('denies a call in the form of the server %s', async (name, status, body) => {
    const passed = upstream.requests.length;
    const response = await app.post(tool('secret'), { path: `/mcp/${name}`, user: 'alice' });
    expect([response.status, response.json()]).toEqual([status, expect.objectContaining({ id: 1 })]);
    expect(response.json()).toMatchObject(body);
    expect(upstream.requests.length).toBe(passed);
  });

  it("shows policies the application's user", async () => {
    upstream.respond = ({ message }, response) => reply(response, textResult(message, 'yours'));
    expect((await app.post(tool('mine'), { user: 'bob' })).json()).toHaveProperty('result');
    expect((await app.post(tool('mine'), { user: 'alice' })).json()).toHaveProperty('error.code', -32001);
    expect((await app.post(tool('mine'))).json()).toHaveProperty('error.code', -32001);
  });

  it('filters a list', async () => {
    const named = (...names: string[]) => ({ tools: names.map((name) => ({ name, inputSchema: {} })) });
    upstream.respond = ({ message }, response) => reply(response, result(message, named('a', 'secret')));
    expect((await app.post(call('tools/list'))).json()).toEqual(result({ id: 1 }, named('a')));
  });

  it('decides each event of a stream', async () => {
    upstream.respond = ({ message }, response) =>
      stream(response).end(
        event({ jsonrpc: '2.0', method: 'notifications/x' }) + event(textResult(message, 'password')),
      );
    const response = await app.post(tool('x'));
    expect(response.headers['content-type']).toBe('text/event-stream');
    expect(response.text).toBe(
      event({ jsonrpc: '2.0', method: 'notifications/x' }) + event(textResult({ id: 1 }, '***')),
    );
  });

  it('keeps a session for the subject that opened it', async () => {
    upstream.respond = ({ message }, response) =>
      reply(response, result(message, {}), 200, { 'mcp-session-id': 'upstream-1' });
    const id = String((await app.post(initialize, { user: 'alice' })).headers['mcp-session-id']);
    expect(id).not.toBe('upstream-1');
    const headers = { 'mcp-session-id': id };
    expect((await app.post(tool('x'), { user: 'alice', headers })).status).toBe(200);
    expect(upstream.requests.at(-1)?.headers['mcp-session-id']).toBe('upstream-1');
    expect((await app.post(tool('x'), { user: 'bob', headers })).status).toBe(404);
  });

  it.each([
    ['a batch', '[]', {}, 400, -32600],
    [
      'a duplicate key',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}',
      {},
      400,
      -32602,
    ],
    ['no JSON type', '{}', { 'content-type': 'text/plain' }, 415, -32600],
  ])('refuses %s', async (_name, body, headers, status, code) => {
    const response = await app.post(body, { headers });
    expect(response.status).toBe(status);
    expect(response.json()).toHaveProperty('error.code', code);
  });

  it('refuses what is not JSON', async () => {
    expect((await app.post('{"jsonrpc":')).status).toBe(400);
  });

  it('refuses a page of another origin, and a server that it does not have', async () => {
    const refused = await app.post(tool('x'), { headers: { origin: 'https://evil.example' } });
    expect(refused.status).toBe(403);
    expect((await app.post(tool('x'), { path: '/mcp/none' })).status).toBe(404);
    expect((await send(app.port, { path: '/mcp/up', method: 'PUT' })).status).toBe(405);
  });

  it("gives a client with the application's 401 the address of the metadata", async () => {
    const refused = await app.post(tool('x'), { user: 'nobody' });
    const [, url = ''] =
      /^Bearer resource_metadata="(.*)"$/.exec(refused.headers['www-authenticate'] ?? '') ?? [];
    expect([refused.status, new URL(url).pathname]).toEqual([
      401,
      '/.well-known/oauth-protected-resource/mcp/up',
    ]);
    const metadata = await send(app.port, { path: new URL(url).pathname, headers: { 'x-user': 'nobody' } });
    expect([metadata.status, metadata.json()]).toEqual([
      200,
      {
        resource: `http://127.0.0.1:${app.port}/mcp/up`,
        authorization_servers: ['https://issuer.example'],
        bearer_methods_supported: ['header'],
      },
    ]);
  });

  it('ends open streams when it closes', async () => {
    const closing = await startApp(setup, opaUrl, { servers: servers() });
    upstream.respond = (_request, response) =>
      stream(response).write(event({ jsonrpc: '2.0', method: 'notifications/x' }));
    const response = await open(closing.port, { path: '/mcp/up', headers: HEADERS });
    const text = response.setEncoding('utf8').reduce((all: string, chunk: string) => all + chunk, '');
    await closing.app.close();
    expect(await text).toBe(event({ jsonrpc: '2.0', method: 'notifications/x' }));
    expect(response.complete).toBe(true);
  });
});

describe.each(['express', 'fastify'] as const)('an application on %s', (platform) => {
  it('refuses messages whose bytes a body parser has consumed, and logs the fix once', async () => {
    const app = await startApp({ platform, body: 'parsed' }, opaUrl, { servers: servers() });
    const passed = upstream.requests.length;
    for (const id of [1, 2]) {
      const response = await app.post(tool('x', id));
      expect([response.status, response.json()]).toMatchObject([500, { error: { code: -32603 } }]);
    }
    expect(upstream.requests.length).toBe(passed);
    expect(app.errors).toEqual([expect.stringContaining('{ rawBody: true }')]);
    await app.app.close();
  });

  it('serves below a global prefix, with the metadata where RFC 9728 wants them', async () => {
    upstream.respond = ({ message }, response) => reply(response, textResult(message, 'found'));
    const options = { servers: servers(), authorizationServers: ['https://issuer.example'] };
    const app = await startApp({ platform, body: 'rawBody' }, opaUrl, options, (created) => {
      created.setGlobalPrefix('api');
      created.enableVersioning();
    });
    expect((await app.post(tool('x'), { path: '/api/mcp/up' })).status).toBe(200);
    const path = '/.well-known/oauth-protected-resource/api/mcp/up';
    expect((await send(app.port, { path })).json()).toMatchObject({
      resource: `http://127.0.0.1:${app.port}/api/mcp/up`,
    });
    await app.app.close();
  });

  it.each([
    { name: 'the path of the route', exclude: ['mcp/:name'], path: '/mcp/up' },
    { name: 'every path below /mcp', exclude: ['mcp/*path'], path: '/mcp/up' },
    { name: 'another path', exclude: ['health'], path: '/api/mcp/up' },
    {
      name: 'one method of the route',
      exclude: [{ path: 'mcp/:name', method: RequestMethod.GET }],
      path: '/api/mcp/up',
    },
  ])(
    'names the URL that serves messages when the global prefix excludes $name',
    async ({ exclude, path }) => {
      upstream.respond = ({ message }, response) => reply(response, textResult(message, 'found'));
      const options = { servers: servers(), authorizationServers: ['https://issuer.example'] };
      const app = await startApp({ platform, body: 'rawBody' }, opaUrl, options, (created) => {
        created.setGlobalPrefix('api', { exclude });
      });
      const { headers } = await app.post(tool('x'), { path, user: 'nobody' });
      const [, url = ''] = /resource_metadata="(.*)"/.exec(headers['www-authenticate'] ?? '') ?? [];
      const metadata = await send(app.port, { path: new URL(url).pathname });
      expect(metadata.json()).toMatchObject({ resource: `http://127.0.0.1:${app.port}${path}` });
      expect((await app.post(tool('x'), { path })).status).toBe(200);
      await app.app.close();
    },
  );

  it('refuses a caller without a subject: all such callers would share sessions', async () => {
    const app = await startApp({ platform, body: 'rawBody' }, opaUrl, {
      servers: servers(),
      claims: () => ({ id: 5 }),
    });
    expect((await app.post(tool('x'))).status).toBe(500);
    expect(app.errors).toEqual([expect.stringContaining('"sub"')]);
    await app.app.close();
  });
});
