import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { call, HEADERS, modern, post, startMcpGateway } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { reply, result, textResult } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let mcp: McpGateway;
let port: number;
beforeAll(async () => {
  mcp = await startMcpGateway(cleanup);
  port = mcp.gateway.port;
});

const code = (response: HttpResponse): unknown =>
  (response.json() as { error?: { code: number } }).error?.code;
const sendModern = (sent: ReturnType<typeof modern>, headers: object = {}): Promise<HttpResponse> =>
  send(port, {
    path: '/mcp/up',
    method: 'POST',
    // As bytes: headers are then sent as Latin-1, and not with the text in UTF-8.
    body: Buffer.from(String(sent.body)),
    headers: { ...sent.headers, ...headers },
  });

/** A schema whose arguments are repeated in headers. */
const inputSchema = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    count: { type: 'integer', 'x-mcp-header': 'Count' },
    where: { type: 'object', properties: { dry: { type: 'boolean', 'x-mcp-header': 'Dry' } } },
    // Not of a kind that a header may repeat.
    ratio: { type: 'number', 'x-mcp-header': 'Ratio' },
    list: { type: 'array', items: { type: 'string', 'x-mcp-header': 'Item' } },
    odd: { type: 'string', 'x-mcp-header': 'not a token' },
  },
};
const tools = [{ name: 'query', inputSchema }, { name: 'plain' }];

/** Makes the upstream list its tools and respond to every call. Returns the methods of its requests. */
function scriptTools(): string[] {
  const methods: string[] = [];
  mcp.upstream.respond = ({ message }, response) => {
    methods.push(String(message['method']));
    const lists = message['method'] === 'tools/list';
    reply(
      response,
      lists
        ? result(message, { tools, ttlMs: 0, cacheScope: 'public', resultType: 'complete' })
        : textResult(message, 'ok'),
    );
  };
  return methods;
}

const query = (args: object, headers: object = {}): Promise<HttpResponse> =>
  sendModern(modern('tools/call', { name: 'query', arguments: args }, 'query'), headers);

describe('arguments that headers repeat', () => {
  it('are checked after the client has listed the tools', async () => {
    const upstreamMethods = scriptTools();
    await sendModern(modern('tools/list'));
    expect(code(await query({ region: 'eu' }))).toBe(-32020);
    expect(upstreamMethods).toEqual(['tools/list']);
  });

  it.each([
    ['the same', { region: 'eu' }, { 'mcp-param-region': 'eu' }, 200],
    ['the same, in Base64', { region: 'é' }, { 'mcp-param-region': '=?base64?w6k=?=' }, 200],
    ['the same number', { count: 42 }, { 'mcp-param-count': '42.0' }, 200],
    ['the same truth value, nested', { where: { dry: false } }, { 'mcp-param-dry': 'false' }, 200],
    ['none for null', { region: null }, {}, 200],
    ['none for none', {}, {}, 200],
    ['another', { region: 'eu' }, { 'mcp-param-region': 'us' }, 400],
    ['another number', { count: 42 }, { 'mcp-param-count': '43' }, 400],
    ['another case', { where: { dry: true } }, { 'mcp-param-dry': 'True' }, 400],
    ['wrong Base64', { region: 'eu' }, { 'mcp-param-region': '=?base64?ZXU?=' }, 400],
    ['not ASCII', { region: 'é' }, { 'mcp-param-region': 'é' }, 400],
    ['one for null', { region: null }, { 'mcp-param-region': 'null' }, 400],
    ['one for none', {}, { 'mcp-param-region': 'eu' }, 400],
    ['one with "_" for "-"', { region: 'eu' }, { 'mcp-param-region': 'eu', mcp_param_region: 'us' }, 400],
    ['two', { region: 'eu' }, { 'mcp-param-region': ['eu', 'us'] }, 400],
  ])('say %s', async (_name, args, headers, status) => {
    const upstreamMethods = scriptTools();
    await sendModern(modern('tools/list'));
    const response = await query(args, headers);
    expect([response.status, code(response)]).toEqual([status, status === 200 ? undefined : -32020]);
    expect(upstreamMethods).toEqual(status === 200 ? ['tools/list', 'tools/call'] : ['tools/list']);
    if (status === 200) expect(mcp.upstream.requests.at(-1)?.headers).toMatchObject(headers);
  });

  it.each([
    ['on an argument whose type no header can repeat', { list: ['a'] }, { 'mcp-param-item': 'b' }],
    ['on no argument', { region: 'eu' }, { 'mcp-param-other': 'x' }],
  ])('do not reach the server when the tool declares the header %s', async (_name, args, headers) => {
    scriptTools();
    await sendModern(modern('tools/list'));
    const declared = 'region' in args ? { 'mcp-param-region': 'eu' } : {};
    expect(await query(args, { ...headers, ...declared })).toMatchObject({ status: 200 });
    const received = Object.entries(mcp.upstream.requests.at(-1)?.headers ?? {});
    expect(received.filter(([name]) => name.startsWith('mcp-param-'))).toEqual(Object.entries(declared));
  });

  it('are checked for an unlisted tool: the gateway lists the tools once', async () => {
    const separate = await startMcpGateway(cleanup);
    const upstreamMethods: unknown[] = [];
    separate.upstream.respond = ({ message }, response) => {
      upstreamMethods.push(message['method']);
      if (message['method'] === 'tools/list') reply(response, result(message, { tools }));
      else reply(response, textResult(message, 'ok'));
    };
    const to = (name: string, headers: object): Promise<HttpResponse> => {
      const sent = modern('tools/call', { name, arguments: { region: 'eu' } }, name);
      const all = { ...sent.headers, ...headers };
      return send(separate.gateway.port, { path: '/mcp/up', method: 'POST', ...sent, headers: all });
    };
    expect(await to('plain', {})).toMatchObject({ status: 200 });
    expect(code(await to('query', { 'mcp-param-region': 'us' }))).toBe(-32020);
    for (let round = 0; round < 2; round += 1) {
      expect(await to('unknown', { 'mcp-param-region': 'us' })).toMatchObject({ status: 200 });
      expect(separate.upstream.requests.at(-1)?.headers).not.toHaveProperty('mcp-param-region');
    }
    expect(upstreamMethods).toEqual(['tools/call', 'tools/list', 'tools/list', 'tools/call', 'tools/call']);
  });

  it('stay here where the server does not list its tools, and are checked as soon as it does', async () => {
    const separate = await startMcpGateway(cleanup);
    let lists = false;
    separate.upstream.respond = ({ message }, response) => {
      if (message['method'] !== 'tools/list') reply(response, textResult(message, 'ok'));
      else if (lists) reply(response, result(message, { tools }));
      else reply(response, 'no', 500);
    };
    const sent = modern('tools/call', { name: 'query', arguments: { region: 'eu' } }, 'query');
    const headers = { ...sent.headers, 'mcp-param-region': 'us' };
    const call = () => send(separate.gateway.port, { path: '/mcp/up', method: 'POST', ...sent, headers });
    expect(await call()).toMatchObject({ status: 200 });
    expect(separate.upstream.requests.at(-1)?.headers).not.toHaveProperty('mcp-param-region');
    lists = true;
    expect(code(await call())).toBe(-32020);
  });
});

describe('headers that repeat what no reader has compared', () => {
  const CONFLICTING_HEADERS = { 'mcp-method': 'tools/call', 'mcp-name': 'secret', 'mcp-param-q': 'secret' };

  it.each([
    ['a request of the older era', call('tools/call', { name: 'x' }), {}],
    ['a notification of the older era', { jsonrpc: '2.0', method: 'notifications/x' }, {}],
    [
      'a request of the newer era without a name',
      JSON.parse(String(modern('tools/list').body)) as object,
      { ...modern('tools/list').headers, 'mcp-name': 'secret', 'mcp-param-q': 'secret' },
    ],
  ])('do not reach the server: %s', async (_name, message, headers) => {
    mcp.upstream.respond = (request, response) => reply(response, result(request.message, { tools: [] }));
    await post(port, message, { headers: { ...CONFLICTING_HEADERS, ...headers } });
    expect(JSON.stringify(mcp.upstream.requests.at(-1)?.headers)).not.toContain('secret');
  });
});

describe('the standard headers', () => {
  it.each([
    [
      'a method in Base64',
      modern('tools/call', { name: 'x' }, 'x'),
      { 'mcp-method': '=?base64?dG9vbHMvY2FsbA==?=' },
    ],
    ['a version in Base64', modern('tools/list'), { 'mcp-protocol-version': '=?base64?MjAyNi0wNy0yOA==?=' }],
    ['a method of another case', modern('tools/call', { name: 'x' }, 'x'), { 'mcp-method': 'Tools/Call' }],
    ['a name that is not ASCII', modern('tools/call', { name: 'é' }), { 'mcp-name': 'é' }],
    ['Base64 that is not UTF-8', modern('tools/call', { name: 'x' }), { 'mcp-name': '=?base64?/w==?=' }],
    ['two names', modern('tools/call', { name: 'x' }), { 'mcp-name': ['x', 'y'] }],
    ['a URI', modern('resources/read', { uri: 'a://b' }), { 'mcp-name': 'a://c' }],
    ['the name of a prompt', modern('prompts/get', { name: 'x' }), { 'mcp-name': 'y' }],
    ["a task's id", modern('tasks/get', { taskId: 'x' }), { 'mcp-name': 'y' }],
  ])('may not say otherwise: %s', async (_name, sent, headers) => {
    const before = mcp.upstream.requests.length;
    const response = await sendModern(sent, headers);
    expect([response.status, response.json()]).toMatchObject([400, { id: 1, error: { code: -32020 } }]);
    expect(mcp.upstream.requests).toHaveLength(before);
  });

  it.each([
    [
      'a name that looks like Base64',
      modern('tools/call', { name: '=?base64?x?=' }),
      '=?base64?PT9iYXNlNjQ/eD89?=',
    ],
    [
      'a name in small letters of the marker alone',
      modern('tools/call', { name: '=?BASE64?eA==?=' }),
      '=?BASE64?eA==?=',
    ],
    ["a task's id", modern('tasks/get', { taskId: 'x' }), 'x'],
  ])('say %s', async (_name, sent, name) => {
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, { content: [] }));
    expect(await sendModern(sent, { 'mcp-name': name })).toMatchObject({ status: 200 });
  });

  it("need not name an extension's task", async () => {
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, {}));
    expect(await sendModern(modern('tasks/get', { taskId: 'x' }))).toMatchObject({ status: 200 });
  });

  it('of a modern body are required in a session of the older era too', async () => {
    const { body } = modern('tools/list');
    const response = await post(port, String(body));
    expect([response.status, code(response)]).toEqual([400, -32020]);
  });
});

describe('the stateless era', () => {
  it.each(['protocolVersion', 'clientCapabilities'])('wants _meta to have %s', async (key) => {
    const sent = modern('tools/list');
    const body = JSON.parse(String(sent.body)) as { params: { _meta: Record<string, unknown> } };
    body.params._meta[`io.modelcontextprotocol/${key}`] = 5;
    const response = await sendModern({ ...sent, body: JSON.stringify(body) });
    expect([response.status, response.json()]).toMatchObject([400, { id: 1, error: { code: -32602 } }]);
  });

  it.each(['GET', 'DELETE'])('has no %s, with any session id', async (method) => {
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-session-id': 'x', 'last-event-id': '1' };
    const response = await send(port, { path: '/mcp/up', method, headers });
    expect([response.status, response.headers.allow]).toEqual([405, 'POST']);
  });

  it('wants _meta, not a session, of a request', async () => {
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-session-id': 'x' };
    const response = await post(port, call('tools/list'), { headers });
    expect([response.status, code(response)]).toEqual([400, -32602]);
  });

  it('refuses responses of a client, and ignores Last-Event-ID', async () => {
    const headers = { 'mcp-protocol-version': '2026-07-28' };
    expect(await post(port, result({ id: 1 }, {}), { headers })).toMatchObject({ status: 400 });
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, {}));
    expect(await sendModern(modern('server/discover'), { 'last-event-id': '1' })).toMatchObject({
      status: 200,
    });
    expect(mcp.upstream.requests.at(-1)?.headers['last-event-id']).toBeUndefined();
  });

  it.each(['server/discover', 'subscriptions/listen', 'completion/complete'])(
    'decides %s',
    async (method) => {
      const params = { ref: { type: 'ref/prompt', name: 'secret' } };
      mcp.upstream.respond = ({ message }, response) => reply(response, result(message, {}));
      const response = await sendModern(modern(method, params));
      expect(code(response)).toBe(method === 'completion/complete' ? -32001 : undefined);
    },
  );

  it('decides every round of a call that requires input', async () => {
    mcp.upstream.respond = ({ message }, response) =>
      reply(
        response,
        result(message, { resultType: 'input_required', inputRequests: {}, requestState: 's' }),
      );
    expect((await sendModern(modern('tools/call', { name: 'x' }, 'x'))).json()).toMatchObject({
      result: { resultType: 'input_required', requestState: 's' },
    });
    const retry = { name: 'x', requestState: 's', inputResponses: { a: { action: 'accept' } } };
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'classified'));
    expect(code(await sendModern(modern('tools/call', retry, 'x')))).toBe(-32001);
    expect(mcp.upstream.requests.at(-1)?.message['params']).toMatchObject(retry);
    expect(code(await sendModern(modern('tools/call', { ...retry, name: 'secret' }, 'secret')))).toBe(-32001);
  });

  it('passes a notification without the headers that a request needs', async () => {
    mcp.upstream.respond = (_request, response) => response.writeHead(202).end();
    const sent = { jsonrpc: '2.0', method: 'notifications/custom' };
    const headers = { ...HEADERS, 'mcp-protocol-version': '2026-07-28' };
    expect(await post(port, sent, { headers })).toMatchObject({ status: 202, text: '' });
  });

  it('refuses a notification whose headers contradict its body', async () => {
    const before = mcp.upstream.requests.length;
    const sent = { jsonrpc: '2.0', method: 'notifications/custom' };
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' };
    const response = await post(port, sent, { headers });
    expect([response.status, code(response)]).toEqual([400, -32020]);
    expect(mcp.upstream.requests).toHaveLength(before);
  });
});
