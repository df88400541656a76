import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { Answer } from '../support/client.js';
import { HEADERS, call, modern, post, startMcpGateway } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { onTool, plugin, startPluginGateway } from './support/plugin-gateway.js';
import { reply, result, said, stream } from './support/scripted-server.js';

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

const code = (answer: Answer): unknown => (answer.json() as { error?: { code: number } }).error?.code;
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
    ['an answer', '{"jsonrpc":"2.0","id":"s","result":{"action":"accept","Action":"decline"}}', -32602],
  ])('goes nowhere: %s', async (_name, text, expected) => {
    for (const [{ gateway, upstream }, path] of [
      [mcp, '/mcp/up'],
      [mcp, '/mcp/exact'],
      [plugged, '/mcp/up'],
    ] as const) {
      const before = upstream.got.length;
      const answer = await post(gateway.port, text, { path });
      expect([answer.status, code(answer)]).toEqual([400, expected]);
      expect(upstream.got).toHaveLength(before);
    }
  });

  it('goes nowhere in the newer era', async () => {
    const sent = modern('tools/call', { name: 'x', Name: 'secret' }, 'x');
    const before = mcp.upstream.got.length;
    const answer = await send(mcp.gateway.port, { path: '/mcp/up', method: 'POST', ...sent });
    expect([answer.status, answer.json()]).toMatchObject([400, { id: 1, error: { code: -32602 } }]);
    expect(mcp.upstream.got).toHaveLength(before);
  });

  it('is passed on byte for byte within the arguments of a server that tells them apart', async () => {
    mcp.upstream.answer = ({ message }, response) => reply(response, said(message, 'ok'));
    const text = `{${CALL},"params":{"name":"x","arguments":{"Name":1,"a":[{"b":1,"B":2}]}}}`;
    expect(code(await post(mcp.gateway.port, text))).toBe(-32602);
    expect(await post(mcp.gateway.port, text, { path: '/mcp/exact' })).toMatchObject({ status: 200 });
    expect(mcp.upstream.got.at(-1)?.text).toBe(text);
    const twice = `{${CALL},"params":{"name":"x","arguments":{"a":1,"\\u0061":2}}}`;
    expect(code(await post(mcp.gateway.port, twice, { path: '/mcp/exact' }))).toBe(-32602);
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
    mcp.upstream.answer = ({ message }, response) => {
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
    mcp.upstream.answer = ({ message }, response) => reply(response, said(message, 'ok'));
  });

  const ask = (args: object, { path = '/mcp/up', name = 'declared', method = 'tools/call' } = {}) =>
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
    const before = mcp.upstream.got.length;
    for (const path of ['/mcp/up', '/mcp/plain']) {
      const answer = await ask(args, { path });
      expect([answer.status, answer.json()]).toMatchObject([400, { id: 1, error: { code: -32602 } }]);
    }
    expect(mcp.upstream.got).toHaveLength(before);
    expect(code(await ask(args, { path: '/mcp/exact' }))).toBeUndefined();
    expect(code(await ask(args, { name: 'unlisted' }))).toBeUndefined();
  });

  it.each([
    [{ repoPath: 'x', either: { leafName: 1, next: null } }],
    [{ free: { RepoPath: 1, leafname: 1 } }],
    [{ many: ['RepoPath', { RepoPath: 1 }] }],
    [{ unheardOf: { repopath: 1 }, Repo_Path: 1 }],
    [{}],
  ])('pass as they are declared, and undeclared: %j', async (args) => {
    expect(code(await ask(args))).toBeUndefined();
  });

  it.each([
    [{ Name: 1, URI: 'a', Data: { ID: [{ Title: 2 }] } }, undefined],
    [{ Name: 1, Type: 'x' }, -32602],
    [{ name: 1 }, -32602],
    [{ Name: 1, Data: { id: 1 } }, -32602],
    [{ Name: 1, name: 2 }, -32602],
  ])('may be spelled as the protocol is not: %j', async (args, expected) => {
    expect(code(await ask(args, { name: 'capitals' }))).toBe(expected);
    expect(code(await ask(args, { name: 'unlisted' }))).toBe(
      'name' in args && !('Name' in args) ? undefined : -32602,
    );
  });

  it.each([
    [{ repoPath: 'x', ID: 1 }, undefined],
    [{ REPOPATH: 'x' }, -32603],
    [{ either: { LeafName: 1 } }, -32603],
  ])('hold for structured content: %j', async (structuredContent, expected) => {
    mcp.upstream.answer = ({ message }, response) =>
      reply(response, result(message, { content: [], structuredContent }));
    for (const path of ['/mcp/up', '/mcp/plain']) {
      const answer = await ask({}, { path });
      expect(code(answer)).toBe(expected);
      expect(answer.text.includes('structuredContent')).toBe(expected === undefined);
    }
    mcp.upstream.answer = ({ message }, response) => reply(response, said(message, 'ok'));
  });

  it('are those of prompts, too', async () => {
    const method = 'prompts/get';
    expect(code(await ask({ CityName: 'x' }, { method }))).toBe(-32602);
    const before = mcp.upstream.got.length;
    await ask({ cityName: 'x' }, { method });
    expect(mcp.upstream.got).toHaveLength(before + 1);
  });
});

const OWN = '"jsonrpc":"2.0","id":1';
const TEXT = '"content":[{"type":"text","text":"fine"}]';
const HIDDEN = '[{"type":"text","text":"hidden"}]';

describe('what a server sends with keys that differ only in case', () => {
  describe.each([
    ['with policies', () => mcp, '/mcp/up'],
    ['without a response policy', () => mcp, '/mcp/plain'],
    ['with plugins', () => plugged, '/mcp/up'],
  ] as const)('%s', (_mode, started, path) => {
    it.each([
      ['a second content', `{${OWN},"result":{${TEXT},"Content":${HIDDEN}}}`],
      ['a content twice', `{${OWN},"result":{"content":${HIDDEN},${TEXT}}}`],
      ['a second result', `{${OWN},"result":{${TEXT}},"RESULT":{"content":${HIDDEN}}}`],
      ['a failure', `{${OWN},"result":{${TEXT},"i\u017fError":true}}`],
      ['a second text', `{${OWN},"result":{"content":[{"type":"text","text":"fine","Text":"hidden"}]}}`],
      ['structured content', `{${OWN},"result":{${TEXT},"structuredContent":{"a":1,"A":"hidden"}}}`],
      ['an error', `{${OWN},"error":{"code":1,"message":"m","Message":"hidden"}}`],
    ])('reaches no client: %s', async (_name, text) => {
      const { gateway, upstream } = started();
      for (const streams of [false, true]) {
        upstream.answer = (_got, response) =>
          streams ? stream(response).end(`data: ${text}\n\n`) : reply(response, text);
        const sent = { name: 'x', arguments: {} };
        const answer = await post(gateway.port, call('tools/call', sent), { path });
        expect(answer.text).not.toContain('hidden');
        expect(answer.text).not.toContain('fine');
        expect(answer.text).toMatch(/"id":1,"error":\{"code":-32603/);
      }
    });

    it.each([
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":1,"Data":"hidden"}}',
      '{"jsonrpc":"2.0","id":7,"method":"ping","Method":"hidden"}',
    ])('reaches no client on its own: %s', async (text) => {
      const { gateway, upstream } = started();
      upstream.answer = (_got, response) => stream(response).end(`data: ${text}\n\n`);
      const answer = await send(gateway.port, { path, headers: { ...HEADERS, accept: 'text/event-stream' } });
      expect(answer).toMatchObject({ status: 200 });
      expect(answer.text).not.toContain('hidden');
    });

    it.each([
      [
        'unknown keys',
        `{${OWN},"result":{${TEXT},"Extra":{"Foo":1},"structuredContent":{"Foo":1,"foo_":2}}}`,
      ],
      [
        "a tool's own names",
        `{${OWN},"result":{${TEXT},"structuredContent":{"Buckets":[{"Name":"a","ID":1,"URI":null}]}}}`,
      ],
      ["an error's own names", `{${OWN},"error":{"code":1,"message":"m","data":{"Message":"a","Code":1}}}`],
    ])('passes as it came: %s', async (_name, text) => {
      const { gateway, upstream } = started();
      upstream.answer = (_got, response) => reply(response, text);
      const answer = await post(gateway.port, call('tools/call', { name: 'x', arguments: {} }), { path });
      expect(answer.text).toBe(text);
    });
  });
});
