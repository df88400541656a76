import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { call, HEADERS, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { event, reply, result, textResult, stream } from './support/scripted-server.js';

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
const CALL = '"jsonrpc":"2.0","id":1,"method":"tools/call"';

describe('a message of a hostile client', () => {
  let before = 0;
  beforeEach(() => {
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
    before = mcp.upstream.requests.length;
  });

  it.each([
    ['a byte order mark', `\ufeff{${CALL},"params":{"name":"x"}}`, 400, -32700],
    ['two messages', `{${CALL},"params":{"name":"x"}}{${CALL},"params":{"name":"secret"}}`, 400, -32700],
    ['a message and a tail', `{${CALL},"params":{"name":"x"}}\u0000`, 400, -32700],
    ['nothing', '', 400, -32700],
    ['a batch of one', `[{${CALL},"params":{"name":"x"}}]`, 400, -32600],
    ['a response that is also a call', `{${CALL},"params":{"name":"secret"},"result":{}}`, 400, -32600],
    ['an error that is also a call', `{${CALL},"params":{"name":"secret"},"error":{}}`, 400, -32600],
    [
      'a call with a second method, of a notification',
      '{"jsonrpc":"2.0","method":"tools/call","method":"notifications/x"}',
      400,
      -32600,
    ],
    ['a method twice', `{${CALL},"method":"ping","params":{"name":"secret"}}`, 400, -32600],
    [
      'a method twice, once escaped',
      `{${CALL},"params":{"name":"secret"},"\\u006dethod":"ping"}`,
      400,
      -32600,
    ],
    ['params twice', `{${CALL},"params":{"name":"secret"},"params":{"name":"x"}}`, 400, -32600],
    ['an argument twice', `{${CALL},"params":{"name":"x","arguments":{"a":{"b":1,"b":2}}}}`, 400, -32602],
    ['an id twice', `{${CALL},"id":2,"params":{"name":"x"}}`, 400, -32600],
    ['a number out of range', `{${CALL},"params":{"name":"x","arguments":{"a":[-1e400]}}}`, 400, -32602],
    [
      'plain digits beyond 2^53',
      `{${CALL},"params":{"name":"x","arguments":{"a":-9007199254740992}}}`,
      400,
      -32602,
    ],
    ['an id of null', '{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"x"}}', 400, -32600],
    [
      'an id that is an object',
      '{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{"name":"x"}}',
      400,
      -32600,
    ],
    ['a name that is a list', `{${CALL},"params":{"name":["x"]}}`, 200, -32602],
    ['no name', `{${CALL},"params":{}}`, 200, -32602],
    ['no params', `{${CALL}}`, 200, -32602],
    ['arguments that are a text', `{${CALL},"params":{"name":"x","arguments":"{}"}}`, 200, -32602],
    ['arguments that are null', `{${CALL},"params":{"name":"x","arguments":null}}`, 200, -32602],
    [
      'a method of another case',
      `{"jsonrpc":"2.0","id":1,"method":"Tools/Call","params":{"name":"x"}}`,
      200,
      -32601,
    ],
    [
      'a method with a space',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call ","params":{"name":"x"}}`,
      200,
      -32601,
    ],
    ['an empty method', `{"jsonrpc":"2.0","id":1,"method":""}`, 200, -32601],
    ['the method "__proto__"', `{"jsonrpc":"2.0","id":1,"method":"__proto__"}`, 200, -32601],
    ["the newer era's method", `{"jsonrpc":"2.0","id":1,"method":"server/discover"}`, 200, -32601],
  ])('%s is refused', async (_name, body, status, expected) => {
    const response = await post(port, body);
    expect([response.status, code(response)]).toEqual([status, expected]);
    expect(mcp.upstream.requests).toHaveLength(before);
  });

  it('is decided by its unescaped name, and reaches the server unchanged', async () => {
    const texts = [
      `{${CALL},"params":{"name":"\\ud800","arguments":{"__proto__":{"a":1},"constructor":1,"n":-0,"e":1E2}}}`,
      ` \n{${CALL},"params":{"name":"\\u0073ecret ","arguments":{}},"extra":[1.50]} `,
    ];
    for (const text of texts) {
      expect(await post(port, text)).toMatchObject({ status: 200 });
      expect(mcp.upstream.requests.at(-1)?.text).toBe(text);
    }
    expect(code(await post(port, `{${CALL},"params":{"name":"\\u0073ecret"}}`))).toBe(-32001);
  });

  it('with deep nesting is decided or refused, and the gateway keeps running', async () => {
    const deep = (levels: number) =>
      `{${CALL},"params":{"name":"x","arguments":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}}`;
    expect(await post(port, deep(500))).toMatchObject({ status: 200 });
    const response = await post(port, deep(200_000));
    expect([response.status, code(response)]).toEqual([200, expect.anything()]);
    expect(mcp.upstream.requests).toHaveLength(before + 1);
    expect(await post(port, tool('x'))).toMatchObject({ status: 200 });
  });

  it.each([
    ['Application/JSON', 200],
    ['application/json ; charset="utf-8"', 200],
    ['application/json;charset=UTF-8', 200],
    ['application/json; charset=utf8', 200],
    ['application/json; Charset="UTF8"', 200],
    ['application/json; charset=utf_8', 415],
    ['application/json; charset=utf88', 415],
    ['application/json; charset=us-ascii', 415],
    ['application/json; charset=iso-8859-1', 415],
    ['application/json; charset=utf-16', 415],
    ['application/json; charset=utf8x', 415],
  ])('of type %s is %i', async (type, status) => {
    expect(await post(port, tool('x'), { headers: { 'content-type': type } })).toMatchObject({ status });
    const sent = mcp.upstream.requests.slice(before).map(({ headers }) => headers['content-type']);
    expect(sent).toEqual(status === 200 ? ['application/json'] : []);
  });

  it.each([
    'application/json; charset=utf-8; charset=utf-7',
    'application/json; x=";charset=utf-8"; charset=utf-7',
  ])('reaches the server only in UTF-8, which the gateway has read: %s', async (type) => {
    const text = `{${CALL},"params":{"name":"x","arguments":{"a":"+ACI-,+ACI-b+ACI-:+ACI-"}}}`;
    await post(port, text, { headers: { 'content-type': type } });
    expect(mcp.upstream.requests).toHaveLength(before + 1);
    expect(mcp.upstream.requests.at(-1)).toMatchObject({
      text,
      headers: { 'content-type': 'application/json' },
    });
  });

  it('may have any number in a response, which no policy decides', async () => {
    mcp.upstream.respond = (_request, response) => response.writeHead(202).end();
    const text =
      '{"jsonrpc":"2.0","id":"s","result":{"action":"accept","content":{"n":12345678901234567890}}}';
    expect(await post(port, text)).toMatchObject({ status: 202, text: '' });
    expect(mcp.upstream.requests.at(-1)?.text).toBe(text);
  });
});

describe('a response of a hostile server', () => {
  it.each([
    ['as text', 200, { 'content-type': 'text/plain' }],
    ['without a type', 200, { 'content-type': '' }],
    ['of the identity coding, however it is written', 200, { 'content-encoding': 'Identity' }],
    ['with 202', 202, {}],
    ['with 404', 404, {}],
    ['with 500', 500, {}],
    ['as a stream with another status', 201, { 'content-type': 'text/event-stream' }],
  ])('is decided %s', async (_name, status, headers) => {
    mcp.upstream.respond = ({ message }, response) =>
      reply(response, textResult(message, 'classified'), status, headers);
    const response = await post(port, tool('x'));
    expect(code(response)).toBe(-32001);
    expect(response.text).not.toContain('"classified"');
  });

  it('loses the lines of a stream that are no fields', async () => {
    mcp.upstream.respond = ({ message }, response) =>
      stream(response).end(
        `${JSON.stringify(textResult(message, 'hidden'))}\n\n${event(textResult(message, 'ok'))}`,
      );
    expect((await post(port, tool('x'))).text).toBe(event(textResult({ id: 1 }, 'ok')));
  });

  it.each([
    ['the id as a text', '{"jsonrpc":"2.0","id":"1","result":{"content":[]}}'],
    ['no id', '{"jsonrpc":"2.0","result":{"content":[]}}'],
    ['an id of null', '{"jsonrpc":"2.0","id":null,"result":{"content":[]}}'],
    ['a byte order mark', '\ufeff{"jsonrpc":"2.0","id":1,"result":{"content":[]}}'],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"result":{"content":[]}}]'],
    ['a call that is also a response', '{"jsonrpc":"2.0","id":1,"method":"ping","result":{"content":[]}}'],
    ['an error that is also a result', '{"jsonrpc":"2.0","id":1,"error":{},"result":{"content":[]}}'],
    ['another version', '{"jsonrpc":"1.0","id":1,"result":{"content":[]}}'],
    ["another call's error", '{"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"m"}}'],
    ['an event stream as JSON', 'data: {"jsonrpc":"2.0","id":1,"result":{"content":[]}}\n\n'],
    ['nothing', ''],
  ])('is an error for the client: %s', async (_name, text) => {
    mcp.upstream.respond = (_request, response) => reply(response, text);
    const response = await post(port, tool('x'));
    expect([response.status, response.json()]).toMatchObject([200, { id: 1, error: { code: -32603 } }]);
  });

  it('with a duplicate key does not reach the client', async () => {
    const duplicate =
      '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"classified"}],"content":[]}}';
    mcp.upstream.respond = (_request, response) => reply(response, duplicate);
    expect((await post(port, tool('x'))).json()).toMatchObject({ id: 1, error: { code: -32603 } });
  });

  it('loses the members beside the decided result', async () => {
    const beside = '{"jsonrpc":"2.0","note":"classified","id":1,"result":{"content":[],"n":1.50}}';
    mcp.upstream.respond = (_request, response) => reply(response, beside);
    expect((await post(port, tool('x'))).text).toBe(
      '{"jsonrpc":"2.0","id":1,"result":{"content":[],"n":1.50}}',
    );
  });

  it('is decided also when isError is true', async () => {
    const failure = { content: [{ type: 'text', text: 'classified' }], isError: true };
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, failure));
    expect(code(await post(port, tool('x')))).toBe(-32001);
  });

  it.each(['prompts/get', 'resources/read'])('is decided after %s', async (method) => {
    const resultWith = (text: string) =>
      method === 'prompts/get'
        ? { messages: [{ role: 'user', content: { type: 'text', text } }] }
        : { contents: [{ uri: 'u', text }] };
    const params = method === 'prompts/get' ? { name: 'x' } : { uri: 'u' };
    for (const [value, expected] of [
      [resultWith('classified'), -32001],
      [resultWith('fine'), undefined],
      [{ content: [] }, -32603],
    ] as const) {
      mcp.upstream.respond = ({ message }, response) => reply(response, result(message, value));
      expect(code(await post(port, call(method, params)))).toBe(expected);
    }
  });

  it('to a notification is discarded, also when it never ends', async () => {
    mcp.upstream.respond = (_request, response) => stream(response).write(event(textResult({ id: 1 }, 'x')));
    const sent = { jsonrpc: '2.0', method: 'notifications/initialized' };
    expect(await post(port, sent)).toMatchObject({ status: 202, text: '' });
  });

  it('that is too large is refused, also after an event with an id', async () => {
    const large = textResult({ id: 1 }, 'x'.repeat(17 << 20));
    mcp.upstream.respond = (_request, response) =>
      stream(response).end(`id: 1\ndata:\n\n${event(large, '2')}`);
    expect((await post(port, tool('x'))).text).toMatch(
      /^id: 1\ndata:\n\ndata: .*"id":1,"error":\{"code":-32603/,
    );
    mcp.upstream.respond = (_request, response) => reply(response, large);
    expect((await post(port, tool('x'))).json()).toMatchObject({ id: 1, error: { code: -32603 } });
  });
});

describe('a body', () => {
  it('of 4 MiB passes, and a larger one is refused', async () => {
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
    const empty = JSON.stringify(call('tools/call', { name: 'x', arguments: { q: '' } })).length;
    const body = (bytes: number) =>
      call('tools/call', { name: 'x', arguments: { q: 'x'.repeat(bytes - empty) } });
    expect(await post(port, body(4 << 20))).toMatchObject({ status: 200 });
    expect(await post(port, body((4 << 20) + 1))).toMatchObject({ status: 413 });
  });

  it('of a GET is refused', async () => {
    const sent = { path: '/mcp/up', headers: { ...HEADERS, 'content-length': '2' }, body: '{}' };
    expect(await send(port, sent)).toMatchObject({ status: 400 });
  });
});
