import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { HEADERS, call, modern, post, startMcpGateway } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { onTool, plugin, startPluginGateway } from './support/plugin-gateway.js';
import { reply, result, textResult, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const UNDECIDED = { response: undefined, list: undefined };
let mcp: McpGateway;
let plugged: McpGateway;
beforeAll(async () => {
  mcp = await startMcpGateway(cleanup, [
    {},
    { name: 'exact', caseSensitive: true },
    { name: 'plain', ...UNDECIDED },
  ]);
  plugged = await startPluginGateway(cleanup, { files: [[plugin({ tools: [onTool('x', 'yes')] })]] });
});

const code = (response: HttpResponse): unknown =>
  (response.json() as { error?: { code: number } }).error?.code;
const CALL = '"jsonrpc":"2.0","id":1,"method":"tools/call"';

describe('what a client sends with keys that differ only in case', () => {
  it.each([
    [
      'a second method',
      '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"x"}}',
      -32600,
    ],
    ['a second name', `{${CALL},"params":{"name":"x","Name":"secret"}}`, -32602],
    ['an unknown key in two cases', `{${CALL},"params":{"name":"x"},"a":1,"A":1}`, -32600],
    ['a notification', '{"jsonrpc":"2.0","method":"notifications/x","Method":"tools/call"}', -32600],
    ['a response', '{"jsonrpc":"2.0","id":"s","result":{"action":"accept","Action":"decline"}}', -32602],
  ])('does not reach the upstream: %s', async (_name, text, expected) => {
    for (const [{ gateway, upstream }, path] of [
      [mcp, '/mcp/up'],
      [mcp, '/mcp/exact'],
      [plugged, '/mcp/up'],
    ] as const) {
      const before = upstream.requests.length;
      const response = await post(gateway.port, text, { path });
      expect([response.status, code(response)]).toEqual([400, expected]);
      expect(upstream.requests).toHaveLength(before);
    }
  });

  it('does not reach the upstream in the modern era', async () => {
    const sent = modern('tools/call', { name: 'x', Name: 'secret' }, 'x');
    const before = mcp.upstream.requests.length;
    const response = await send(mcp.gateway.port, { path: '/mcp/up', method: 'POST', ...sent });
    expect([response.status, response.json()]).toMatchObject([400, { id: 1, error: { code: -32602 } }]);
    expect(mcp.upstream.requests).toHaveLength(before);
  });

  it('passes unchanged within the arguments of a server with case-sensitive keys', async () => {
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
    const text = `{${CALL},"params":{"name":"x","arguments":{"Name":1,"a":[{"b":1,"B":2}]}}}`;
    expect(code(await post(mcp.gateway.port, text))).toBe(-32602);
    expect(await post(mcp.gateway.port, text, { path: '/mcp/exact' })).toMatchObject({ status: 200 });
    expect(mcp.upstream.requests.at(-1)?.text).toBe(text);
    const duplicate = `{${CALL},"params":{"name":"x","arguments":{"a":1,"\\u0061":2}}}`;
    expect(code(await post(mcp.gateway.port, duplicate, { path: '/mcp/exact' }))).toBe(-32602);
  });
});

describe('the arguments that a list declares', () => {
  const schema = {
    type: 'object',
    properties: {
      repoPath: { type: 'string' },
      either: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/Ref~1One' }] },
      many: { type: 'array', items: { properties: { innerName: {} } } },
      free: { type: 'object', additionalProperties: true },
    },
    patternProperties: { '^x': { properties: { deepName: {} } } },
    additionalProperties: { properties: { otherName: {} } },
    allOf: [{ if: { properties: { branchName: {} } } }],
    $defs: { 'Ref/One': { properties: { next: { $ref: '#/$defs/Ref~1One' }, leafName: {} } } },
  };

  const CAPITALS = {
    properties: { Name: {}, URI: {}, Data: { anyOf: [{ properties: { ID: {} } }] } },
    $defs: { Unused: { properties: { Title: {} } } },
  };

  beforeAll(async () => {
    mcp.upstream.respond = ({ message }, response) => {
      const { method } = message;
      const tools = [
        { name: 'declared', inputSchema: schema, outputSchema: schema },
        { name: 'capitals', inputSchema: CAPITALS },
      ];
      const prompts = [{ name: 'declared', arguments: [{ name: 'cityName' }] }];
      reply(response, method === 'tools/list' ? result(message, { tools }) : result(message, { prompts }));
    };
    for (const path of ['/mcp/up', '/mcp/exact', '/mcp/plain']) {
      for (const method of ['tools/list', 'prompts/list']) {
        expect(await post(mcp.gateway.port, call(method), { path })).toMatchObject({ status: 200 });
      }
    }
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
  });

  const callTool = (args: object, { path = '/mcp/up', name = 'declared', method = 'tools/call' } = {}) =>
    post(mcp.gateway.port, call(method, { name, arguments: args }), { path });

  it.each([
    [{ RepoPath: 'x' }],
    [{ 'repo\u{50}ath': 'x', branchname: 1 }],
    [{ either: { LeafName: 1 } }],
    [{ either: { next: { next: { next: { leafname: 1 } } } } }],
    [{ many: [{}, { innername: 1 }] }],
    [{ many: [[{ a: 1 }], { innerNAME: 1 }] }],
    [{ xy: { DeepName: 1 } }],
    [{ other: { OTHERNAME: 1 } }],
  ])('are refused in another case: %j', async (args) => {
    const before = mcp.upstream.requests.length;
    for (const path of ['/mcp/up', '/mcp/plain']) {
      const response = await callTool(args, { path });
      expect([response.status, response.json()]).toMatchObject([400, { id: 1, error: { code: -32602 } }]);
    }
    expect(mcp.upstream.requests).toHaveLength(before);
    expect(code(await callTool(args, { path: '/mcp/exact' }))).toBeUndefined();
    expect(code(await callTool(args, { name: 'unlisted' }))).toBeUndefined();
  });

  it.each([
    [{ repoPath: 'x', either: { leafName: 1, next: null } }],
    [{ free: { RepoPath: 1, leafname: 1 } }],
    [{ many: ['RepoPath', { RepoPath: 1 }] }],
    [{ unheardOf: { repopath: 1 }, Repo_Path: 1 }],
    [{}],
  ])('pass as they are declared, and undeclared: %j', async (args) => {
    expect(code(await callTool(args))).toBeUndefined();
  });

  it.each([
    [{ Name: 1, URI: 'a', Data: { ID: [{ Title: 2 }] } }, undefined],
    [{ Name: 1, Type: 'x' }, -32602],
    [{ name: 1 }, -32602],
    [{ Name: 1, Data: { id: 1 } }, -32602],
    [{ Name: 1, name: 2 }, -32602],
  ])('may differ from the protocol in its spelling: %j', async (args, expected) => {
    expect(code(await callTool(args, { name: 'capitals' }))).toBe(expected);
    expect(code(await callTool(args, { name: 'unlisted' }))).toBe(
      'name' in args && !('Name' in args) ? undefined : -32602,
    );
  });

  it.each([
    [{ repoPath: 'x', ID: 1 }, undefined],
    [{ REPOPATH: 'x' }, -32603],
    [{ either: { LeafName: 1 } }, -32603],
  ])('hold for structured content: %j', async (structuredContent, expected) => {
    mcp.upstream.respond = ({ message }, response) =>
      reply(response, result(message, { content: [], structuredContent }));
    for (const path of ['/mcp/up', '/mcp/plain']) {
      const response = await callTool({}, { path });
      expect(code(response)).toBe(expected);
      expect(response.text.includes('structuredContent')).toBe(expected === undefined);
    }
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
  });

  it('are those of prompts, too', async () => {
    const method = 'prompts/get';
    expect(code(await callTool({ CityName: 'x' }, { method }))).toBe(-32602);
    const before = mcp.upstream.requests.length;
    await callTool({ cityName: 'x' }, { method });
    expect(mcp.upstream.requests).toHaveLength(before + 1);
  });
});

const RESPONSE_START = '"jsonrpc":"2.0","id":1';
const TEXT = '"content":[{"type":"text","text":"fine"}]';
const HIDDEN = '[{"type":"text","text":"hidden"}]';

describe('what a server sends with keys that differ only in case', () => {
  describe.each([
    ['with policies', () => mcp, '/mcp/up'],
    ['without a response policy', () => mcp, '/mcp/plain'],
    ['with plugins', () => plugged, '/mcp/up'],
  ] as const)('%s', (_mode, started, path) => {
    it.each([
      ['a second content', `{${RESPONSE_START},"result":{${TEXT},"Content":${HIDDEN}}}`],
      ['a content twice', `{${RESPONSE_START},"result":{"content":${HIDDEN},${TEXT}}}`],
      ['a second result', `{${RESPONSE_START},"result":{${TEXT}},"RESULT":{"content":${HIDDEN}}}`],
      ['a failure', `{${RESPONSE_START},"result":{${TEXT},"i\u017fError":true}}`],
      [
        'a second text',
        `{${RESPONSE_START},"result":{"content":[{"type":"text","text":"fine","Text":"hidden"}]}}`,
      ],
      [
        'structured content',
        `{${RESPONSE_START},"result":{${TEXT},"structuredContent":{"a":1,"A":"hidden"}}}`,
      ],
      ['an error', `{${RESPONSE_START},"error":{"code":1,"message":"m","Message":"hidden"}}`],
    ])('reaches no client: %s', async (_name, text) => {
      const { gateway, upstream } = started();
      for (const streams of [false, true]) {
        upstream.respond = (_request, response) =>
          streams ? stream(response).end(`data: ${text}\n\n`) : reply(response, text);
        const sent = { name: 'x', arguments: {} };
        const response = await post(gateway.port, call('tools/call', sent), { path });
        expect(response.text).not.toContain('hidden');
        expect(response.text).not.toContain('fine');
        expect(response.text).toMatch(/"id":1,"error":\{"code":-32603/);
      }
    });

    it.each([
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":1,"Data":"hidden"}}',
      '{"jsonrpc":"2.0","id":7,"method":"ping","Method":"hidden"}',
    ])('does not reach the client: %s', async (text) => {
      const { gateway, upstream } = started();
      upstream.respond = (_request, response) => stream(response).end(`data: ${text}\n\n`);
      const response = await send(gateway.port, {
        path,
        headers: { ...HEADERS, accept: 'text/event-stream' },
      });
      expect(response).toMatchObject({ status: 200 });
      expect(response.text).not.toContain('hidden');
    });

    it.each([
      [
        'unknown keys',
        `{${RESPONSE_START},"result":{${TEXT},"Extra":{"Foo":1},"structuredContent":{"Foo":1,"foo_":2}}}`,
      ],
      [
        "a tool's own names",
        `{${RESPONSE_START},"result":{${TEXT},"structuredContent":{"Buckets":[{"Name":"a","ID":1,"URI":null}]}}}`,
      ],
      [
        "an error's own names",
        `{${RESPONSE_START},"error":{"code":1,"message":"m","data":{"Message":"a","Code":1}}}`,
      ],
    ])('passes as it came: %s', async (_name, text) => {
      const { gateway, upstream } = started();
      upstream.respond = (_request, response) => reply(response, text);
      const response = await post(gateway.port, call('tools/call', { name: 'x', arguments: {} }), { path });
      expect(response.text).toBe(text);
    });
  });
});
