import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import { call, HEADERS, modern, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { reply, result, textResult } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let mcp: McpGateway;
let port: number;
beforeAll(async () => {
  mcp = await startMcpGateway(cleanup, [{ origins: ['https://app.example'] }]);
  port = mcp.gateway.port;
});

const errorCode = (response: { json(): unknown }): unknown =>
  (response.json() as { error?: { code: number } }).error?.code;

describe('a request', () => {
  it('reaches the upstream unchanged when it is allowed, and the client gets the response unchanged', async () => {
    const text =
      '{ "method":"tools/call","jsonrpc":"2.0", "id":"a", "params":{"name":"x","arguments":{"n":1.0},"_meta":{"y":1}} }';
    const original = '{"jsonrpc":"2.0","id":"a","result":{"content":[], "n":12345678901234567890,"z":1.0}}';
    mcp.upstream.respond = (_request, response) => reply(response, original);
    const response = await post(port, text);
    expect([response.status, response.text]).toEqual([200, original]);
    expect(mcp.upstream.requests.at(-1)?.text).toBe(text);
  });

  it("reaches the upstream with the protocol's headers and without credentials", async () => {
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, {}));
    const token = await mcp.issuer.sign({ sub: 'alice' });
    const traceparent = '00-1-1-01';
    const headers = {
      traceparent,
      'mcp-protocol-version': '2025-11-25',
      cookie: 'a=b',
      'x-api-key': 'k',
      'accept-encoding': 'gzip',
    };
    await post(port, call('tools/list'), { token, headers });
    const sent = mcp.upstream.requests.at(-1)?.headers ?? {};
    expect(sent).toMatchObject({ ...HEADERS, traceparent, 'mcp-protocol-version': '2025-11-25' });
    expect(sent['accept-encoding']).toBe('identity');
    expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(['cookie']));
    expect([sent.authorization, sent['x-api-key'], sent.cookie]).toEqual([undefined, undefined, undefined]);
  });

  it('that is denied never reaches the upstream', async () => {
    const before = mcp.upstream.requests.length;
    const response = await post(port, tool('secret', 7));
    expect(response.status).toBe(200);
    expect(response.json()).toMatchObject({
      jsonrpc: '2.0',
      id: 7,
      error: { code: -32001, data: { reasons: ['secret is for nobody'] } },
    });
    expect(mcp.upstream.requests).toHaveLength(before);
  });

  it("of another user is decided by that user's token", async () => {
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
    const bob = await mcp.issuer.sign({ sub: 'bob' });
    const alice = await mcp.issuer.sign({ sub: 'alice' });
    expect((await post(port, tool('mine'), { token: bob })).json()).toMatchObject({ result: {} });
    expect(errorCode(await post(port, tool('mine'), { token: alice }))).toBe(-32001);
    expect(errorCode(await post(port, tool('mine')))).toBe(-32001);
  });

  it('that needs more scopes gets 403 and a challenge', async () => {
    const response = await post(port, tool('pay'));
    expect([response.status, errorCode(response)]).toEqual([403, -32001]);
    expect(response.headers['www-authenticate']).toBe(
      `Bearer error="insufficient_scope", scope="pay:write", resource_metadata="http://127.0.0.1:${port}/.well-known/oauth-protected-resource/mcp/up"`,
    );
  });

  it('gets -32603 when the upstream sends anything but the response to this request', async () => {
    const invalid = [
      [200, '[{"jsonrpc":"2.0","id":1,"result":{}}]'],
      [200, '{"jsonrpc":"2.0","id":2,"result":{"content":[]}}'],
      [200, '{"jsonrpc":"2.0","id":1,"method":"ping"}'],
      [200, '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}'],
      [200, 'nonsense'],
      [202, ''],
      [404, 'gone'],
    ] as const;
    for (const [status, text] of invalid) {
      mcp.upstream.respond = (_request, response) => reply(response, text, status);
      const response = await post(port, tool('x'));
      expect([response.status, response.json()]).toMatchObject([
        status >= 400 ? status : 200,
        { id: 1, error: { code: -32603 } },
      ]);
    }
  });

  it("gets the upstream's own errors unchanged", async () => {
    const errors = [
      [200, '{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"m","data":{"uri":"u"}}}'],
      [400, '{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"m","data":{"supported":["x"]}}}'],
      [404, '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}'],
      [404, '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"}}'],
    ] as const;
    for (const [status, text] of errors) {
      mcp.upstream.respond = (_request, response) => reply(response, text, status);
      const response = await post(port, tool('x'));
      expect([response.status, response.text]).toEqual([status, text]);
    }
  });

  it.each([401, 403])("never gets the upstream's own challenge, sent with %i", async (status) => {
    const headers = { 'www-authenticate': 'Bearer resource_metadata="https://other.example/metadata"' };
    const text = '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Who?","data":{"a":1}}}';
    mcp.upstream.respond = (_request, response) => reply(response, text, status, headers);
    for (const message of [tool('x'), { jsonrpc: '2.0', method: 'notifications/x' }]) {
      const response = await post(port, message);
      expect([response.status, response.text, response.headers['www-authenticate']]).toEqual([
        status,
        text,
        undefined,
      ]);
    }
    for (const method of ['GET', 'DELETE']) {
      const response = await send(port, { path: '/mcp/up', method });
      expect([response.status, response.headers['www-authenticate']]).toEqual([status, undefined]);
    }
  });

  it('fails with -32603 when the upstream breaks off', async () => {
    mcp.upstream.respond = (_request, response) => response.socket?.destroy();
    const response = await post(port, tool('x'));
    expect([response.status, response.json()]).toMatchObject([502, { error: { code: -32603 } }]);
  });

  it('without params reaches the upstream', async () => {
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, {}));
    expect((await post(port, call('ping'))).json()).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
  });
});

describe('a message of a client', () => {
  it.each([
    ['no JSON', '{', 400, -32700],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, -32700],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 400, -32600],
    ['no JSON-RPC', '{"id":1,"method":"ping"}', 400, -32600],
    ['a call without an id', '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"x"}}', 400, -32600],
    ['a notification with an id', '{"jsonrpc":"2.0","id":1,"method":"notifications/x"}', 400, -32600],
    [
      'a key twice',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","name":"secret"}}',
      400,
      -32602,
    ],
    [
      'a name that is not a string',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":{"toString":1,"valueOf":1}}}',
      200,
      -32602,
    ],
    [
      'a number beyond doubles',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"n":9007199254740993}}}',
      400,
      -32602,
    ],
  ])('%s is refused', async (_name, body, status, expected) => {
    const before = mcp.upstream.requests.length;
    const response = await post(port, body);
    expect([response.status, errorCode(response)]).toEqual([status, expected]);
    expect(response.text).not.toContain('"id":null');
    expect(mcp.upstream.requests).toHaveLength(before);
  });

  it.each([
    [{ 'content-type': 'text/plain' }, 415],
    [{ 'content-type': 'application/jsonp' }, 415],
    [{ 'content-type': 'application/json; charset=utf-16' }, 415],
    [{ 'content-encoding': 'gzip' }, 415],
    [{ 'content-type': 'application/json; charset=UTF-8' }, 200],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://localhost.evil.example' }, 403],
    [{ origin: 'http://127.0.0.1@evil.example' }, 403],
    [{ host: 'rebound.example', origin: 'http://rebound.example' }, 403],
    [{ host: 'rebound.example' }, 403],
    [{ origin: 'http://localhost:5173' }, 200],
    [{ origin: 'http://[::1]:1' }, 200],
    [{ origin: 'https://app.example' }, 200],
    [{ host: 'localhost:1' }, 200],
  ])('with headers %j gives %i', async (headers, status) => {
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, {}));
    expect(await post(port, call('ping'), { headers })).toMatchObject({ status });
  });

  it('and its response may be large, up to a limit', async () => {
    const text = (bytes: number) => 'x'.repeat(bytes);
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, text(5 << 20)));
    const body = (bytes: number) => call('tools/call', { name: 'x', arguments: { q: text(bytes) } });
    expect((await post(port, body(1 << 20))).text.length).toBeGreaterThan(5 << 20);
    expect(await post(port, body(4 << 20))).toMatchObject({ status: 413 });
    const headers = { 'transfer-encoding': 'chunked' };
    expect(await post(port, body(4 << 20), { headers })).toMatchObject({ status: 413 });
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, text(17 << 20)));
    expect(await post(port, tool('x'))).toMatchObject({ status: 502 });
  });

  it('that is a notification reaches the upstream, and the client gets 202 without a body', async () => {
    mcp.upstream.respond = (_request, response) => response.writeHead(202).end();
    const sent = { jsonrpc: '2.0', method: 'notifications/custom', params: { a: 1 } };
    const response = await post(port, sent);
    expect([response.status, response.text]).toEqual([202, '']);
    expect(mcp.upstream.requests.at(-1)?.message).toEqual(sent);
  });

  it('of another HTTP method is 405', async () => {
    for (const method of ['PUT', 'PATCH']) {
      expect(await send(port, { path: '/mcp/up', method })).toMatchObject({ status: 405 });
    }
  });

  it('with an unknown method gets -32601 and never reaches the upstream', async () => {
    const before = mcp.upstream.requests.length;
    const legacy = await post(port, call('vendor/do', {}, 'x'));
    expect([legacy.status, legacy.json()]).toMatchObject([200, { id: 'x', error: { code: -32601 } }]);
    for (const method of ['vendor/do', 'initialize', 'ping', 'logging/setLevel', 'resources/subscribe']) {
      const response = await send(port, { path: '/mcp/up', method: 'POST', ...modern(method) });
      expect([response.status, response.json()]).toMatchObject([404, { id: 1, error: { code: -32601 } }]);
    }
    expect(mcp.upstream.requests).toHaveLength(before);
  });
});

describe('2026-07-28', () => {
  const sendModern = (sent: ReturnType<typeof modern>, headers: object = {}) =>
    send(port, { path: '/mcp/up', method: 'POST', ...sent, headers: { ...sent.headers, ...headers } });

  it.each([
    ['the same', {}, 200],
    ['spaces around the name', { 'mcp-name': ' x ' }, 200],
    ['the name in Base64', { 'mcp-name': '=?base64?eA==?=' }, 200],
    ['half a sentinel', { 'mcp-name': '=?base64?eA==' }, 400],
    ['wrong Base64', { 'mcp-name': '=?base64?e?=' }, 400],
    ['another name', { 'mcp-name': 'y' }, 400],
    ['another method', { 'mcp-method': 'tools/list' }, 400],
    ['another version', { 'mcp-protocol-version': '2025-11-25' }, 400],
    ['a session that is ignored', { 'mcp-session-id': 'none' }, 200],
  ])('headers: %s', async (_name, headers, status) => {
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
    const response = await sendModern(modern('tools/call', { name: 'x' }, 'x'), headers);
    expect([response.status, errorCode(response)]).toEqual([status, status === 200 ? undefined : -32020]);
    expect(mcp.upstream.requests.at(-1)?.headers['mcp-session-id']).toBeUndefined();
  });

  it.each(['mcp-name', 'mcp-method', 'mcp-protocol-version'])('requires the header %s', async (name) => {
    const sent = modern('tools/call', { name: 'x' }, 'x');
    const headers = Object.fromEntries(Object.entries(sent.headers ?? {}).filter(([key]) => key !== name));
    const response = await send(port, { path: '/mcp/up', method: 'POST', ...sent, headers });
    expect([response.status, errorCode(response)]).toEqual([400, -32020]);
  });

  it('requires the version and the capabilities in _meta', async () => {
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };
    const response = await post(port, call('tools/list', {}, 5), { headers });
    expect([response.status, response.json()]).toMatchObject([400, { id: 5, error: { code: -32602 } }]);
  });

  it('a list that a policy has filtered is private to caches', async () => {
    const tools = [{ name: 'secret' }, { name: 'x', extra: 1 }];
    const serverResult = { tools, ttlMs: 60_000, cacheScope: 'public', resultType: 'complete' };
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, serverResult));
    const response = await sendModern(modern('tools/list'));
    expect(response.json()).toMatchObject({
      result: { tools: [{ name: 'x', extra: 1 }], cacheScope: 'private' },
    });
  });

  it('has neither GET nor DELETE', async () => {
    for (const method of ['GET', 'DELETE']) {
      const headers = { 'mcp-protocol-version': '2026-07-28' };
      expect(await send(port, { path: '/mcp/up', method, headers })).toMatchObject({ status: 405 });
    }
  });

  it('an unknown version reaches the upstream, and the client gets the refusal of the upstream', async () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"m","data":{"supported":["2026-07-28"]}}}';
    mcp.upstream.respond = (_request, response) => reply(response, text, 400);
    const sent = modern('tools/list');
    const body = String(sent.body).replace('2026-07-28', '2099-01-01');
    const response = await sendModern({ ...sent, body }, { 'mcp-protocol-version': '2099-01-01' });
    expect([response.status, response.text]).toEqual([400, text]);
  });
});
