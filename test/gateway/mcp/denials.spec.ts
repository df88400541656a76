import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import { startServer } from '../support/upstream.js';
import { AUDIENCE, ISSUER } from '../support/tokens.js';
import { call, modern, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { event, reply, result, textResult, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const FORMS = ['error', 'http', 'result'].map((denial) => ({ name: denial, denial }));
const entryPath = (name: string) => ({ path: `/mcp/${name}` });
let mcp: McpGateway;
let port: number;
beforeAll(async () => {
  mcp = await startMcpGateway(cleanup, FORMS);
  port = mcp.gateway.port;
});

describe.each([
  ['error', 200, 200],
  ['http', 403, 500],
  ['result', 200, 200],
] as const)('denial: %s', (name, denied, unusable) => {
  it('of a tool call', async () => {
    const response = await post(port, tool('secret'), entryPath(name));
    expect(response.status).toBe(denied);
    const errorForm = { error: { code: -32001, message: expect.stringContaining('secret is for nobody') } };
    const resultForm = {
      result: {
        isError: true,
        content: [{ type: 'text', text: expect.stringContaining('secret is for nobody') }],
      },
    };
    expect(response.json()).toMatchObject({ id: 1, ...(name === 'result' ? resultForm : errorForm) });
  });

  it('of another request is an error', async () => {
    const response = await post(port, call('resources/read', { uri: 'secret' }), entryPath(name));
    expect([response.status, response.json()]).toMatchObject([denied, { error: { code: -32001 } }]);
  });

  it('of a result', async () => {
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'classified'));
    const response = await post(port, tool('x'), entryPath(name));
    expect([response.status, response.text]).toEqual([denied, expect.not.stringContaining('"classified"')]);
    expect(response.json()).toMatchObject(
      name === 'result' ? { result: { isError: true } } : { error: { code: -32001 } },
    );
  });

  it('of a result that is malformed', async () => {
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, { content: 'text' }));
    const response = await post(port, tool('x'), entryPath(name));
    expect([response.status, response.json()]).toMatchObject([unusable, { error: { code: -32603 } }]);
  });
});

describe('a step-up', () => {
  const challenge = () =>
    `Bearer error="insufficient_scope", scope="a b c", resource_metadata="http://127.0.0.1:${port}/.well-known/oauth-protected-resource/mcp/`;

  it.each(['error', 'http', 'result'])(
    'for a result is a challenge with all scopes, with denial %s',
    async (name) => {
      mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'elevated'));
      const response = await post(port, tool('x'), entryPath(name));
      expect([response.status, response.headers['www-authenticate']]).toEqual([
        403,
        `${challenge()}${name}"`,
      ]);
      expect(response.json()).toMatchObject({
        id: 1,
        error: { code: -32001, data: { scopes: ['a', 'b', 'c'] } },
      });
    },
  );

  it.each(['error', 'http', 'result'])(
    'on a stream names the scopes in the error, with denial %s',
    async (name) => {
      mcp.upstream.respond = ({ message }, response) =>
        stream(response).end(event(textResult(message, 'elevated')));
      const { status, text } = await post(port, tool('x'), entryPath(name));
      expect(status).toBe(200);
      const { data = '' } = /^data: (?<data>.*)\n\n$/.exec(text)?.groups ?? {};
      expect(JSON.parse(data)).toMatchObject({
        id: 1,
        error: { code: -32001, data: { scopes: ['a', 'b', 'c'] } },
      });
    },
  );
});

it.each(['error', 'http', 'result'])(
  'a denial on a stream is a JSON-RPC error, with denial %s',
  async (name) => {
    mcp.upstream.respond = ({ message }, response) =>
      stream(response).end(event(textResult(message, 'classified')));
    const { status, text } = await post(port, tool('x'), entryPath(name));
    expect([status, text]).toEqual([200, expect.stringMatching(/^data: .*"error":\{"code":-32001/)]);
  },
);

it('a slow or unreachable OPA causes -32603 in every form of denial', async () => {
  const slowOpa = cleanup.add(await startServer(() => undefined), ({ close }) => close());
  for (const [url, http, retryAfter] of [
    [slowOpa.url, 504, undefined],
    ['http://127.0.0.1:1', 503, '1'],
  ] as const) {
    const opa = { url, timeout: 1_000, retry: false, circuitBreaker: false };
    const separate = await startMcpGateway(cleanup, FORMS, { opa });
    for (const { name } of FORMS) {
      const response = await post(separate.gateway.port, tool('x'), entryPath(name));
      expect(response.json()).toMatchObject({ id: 1, error: { code: -32603 } });
      const expected = name === 'http' ? [http, retryAfter] : [200, undefined];
      expect([response.status, response.headers['retry-after']]).toEqual(expected);
    }
    expect(separate.upstream.requests).toEqual([]);
  }
});

it('a denial in the form of a result has a resultType in the modern era', async () => {
  const sent = modern('tools/call', { name: 'secret' }, 'secret');
  const response = await send(port, { ...entryPath('result'), method: 'POST', ...sent });
  expect(response.json()).toMatchObject({ result: { isError: true, resultType: 'complete' } });
});

it('a response is decided, whatever its content type and status are', async () => {
  mcp.upstream.respond = ({ message }, response) =>
    reply(response, textResult(message, 'classified'), 500, { 'content-type': 'text/html' });
  const response = await post(port, tool('x'), entryPath('error'));
  expect(response.json()).toMatchObject({ error: { code: -32001 } });
});

it('a response with a content encoding is refused', async () => {
  mcp.upstream.respond = ({ message }, response) =>
    reply(response, textResult(message, 'x'), 200, { 'content-encoding': 'br' });
  expect((await post(port, tool('x'), entryPath('error'))).json()).toMatchObject({ error: { code: -32603 } });
});

it('a mask changes the named text and nothing else', async () => {
  const content = [
    { type: 'text', text: 'password' },
    { type: 'new', _meta: { a: 1 } },
  ];
  mcp.upstream.respond = ({ message }, response) =>
    reply(response, result(message, { content, other: true }));
  const { result: masked } = (await post(port, tool('x'), entryPath('error'))).json() as Record<
    string,
    Record<string, unknown>
  >;
  expect(masked).toEqual({
    content: [{ type: 'text', text: expect.not.stringContaining('password') }, content[1]],
    other: true,
  });
});

it('structured content is checked by the schema that the upstream lists in the same session', async () => {
  const outputSchema = { type: 'object', properties: { card: { type: 'string' } }, required: ['card'] };
  const strict = { type: 'object', properties: { card: { type: 'number' } } };
  const structuredContent = { card: '1234' };
  mcp.upstream.respond = ({ message }, response) => {
    if (message['method'] === 'tools/list') {
      const more = (message['params'] as { cursor?: string }).cursor === 'two';
      const page = more
        ? { tools: [{ name: 'strict', outputSchema: strict }] }
        : { tools: [{ name: 'card', outputSchema }], nextCursor: 'two' };
      reply(response, result(message, page));
    } else reply(response, result(message, { content: [], structuredContent }));
  };
  const valid = (await post(port, tool('card'), entryPath('error'))).json();
  expect(valid).toMatchObject({
    result: { structuredContent: { card: expect.not.stringContaining('1234') } },
  });
  const invalid = (await post(port, tool('strict'), entryPath('error'))).json();
  expect(invalid).toMatchObject({ error: { code: -32603 } });
});

it('numbers, unknown fields and _meta stay unchanged beside the parts that a policy changes', async () => {
  const unchanged = '"_meta":{"n":12345678901234567890},"own":[1.0,-0]';
  const results = [
    [
      'tools/list',
      `{"tools":[{"name":"a","inputSchema":{"maximum":18446744073709551615}},{"name":"secret"}],${unchanged}}`,
    ],
    ['tools/call', `{"content":[{"type":"text","text":"password"},{"type":"x","n":1e2}],${unchanged}}`],
  ] as const;
  for (const [method, text] of results) {
    mcp.upstream.respond = (_request, response) =>
      reply(response, `{"jsonrpc":"2.0","id":1,"result":${text}}`);
    const response = await post(port, call(method, { name: 'x' }), entryPath('error'));
    const expected = text.replace(',{"name":"secret"}', '').replace('password', '***');
    expect(response.text).toBe(`{"jsonrpc":"2.0","id":1,"result":${expected}}`);
  }
});

it('a list has only the items that the list policy allows', async () => {
  const tools = [{ name: 'a', inputSchema: {} }, { name: 'secret' }];
  mcp.upstream.respond = ({ message }, response) =>
    reply(response, result(message, { tools, nextCursor: 'n' }));
  const response = await post(port, call('tools/list'), entryPath('error'));
  expect(response.json()).toEqual({ jsonrpc: '2.0', id: 1, result: { tools: [tools[0]], nextCursor: 'n' } });
});

describe('tokens', () => {
  let closed: McpGateway;
  beforeAll(async () => {
    const issuer = mcp.issuer;
    const auth = { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE };
    closed = await startMcpGateway(cleanup, [{}], { auth });
  });

  it('are required, and a client without a token gets the address of the metadata', async () => {
    const response = await post(closed.gateway.port, call('ping'));
    const metadata = `http://127.0.0.1:${closed.gateway.port}/.well-known/oauth-protected-resource/mcp/up`;
    expect([response.status, response.headers['www-authenticate']]).toEqual([
      401,
      `Bearer resource_metadata="${metadata}"`,
    ]);
    const { pathname } = new URL(metadata);
    expect((await send(closed.gateway.port, { path: pathname })).json()).toEqual({
      resource: `http://127.0.0.1:${closed.gateway.port}/mcp/up`,
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
    });
    expect(await send(closed.gateway.port, { path: `${pathname}x` })).toMatchObject({ status: 404 });
  });

  it.each([
    ['for another audience', { aud: 'other' }],
    ['without a subject', { sub: undefined }],
  ])('%s are 401 at every entry and in every form of denial', async (_name, claims) => {
    const token = await mcp.issuer.sign({ sub: 'alice', ...claims });
    for (const [gatewayPort, target] of [
      [closed.gateway.port, {}],
      [port, entryPath('result')],
    ] as const) {
      const response = await post(gatewayPort, tool('x'), { token, ...target });
      expect(response.status).toBe(401);
      expect(response.headers['www-authenticate']).toMatch(
        /^Bearer error="invalid_token", resource_metadata="http/,
      );
    }
  });

  it('that are valid let a call pass', async () => {
    closed.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
    const token = await mcp.issuer.sign({ sub: 'alice' });
    expect(await post(closed.gateway.port, tool('x'), { token })).toMatchObject({ status: 200 });
  });
});

it('nothing reaches the upstream after OPA has stopped', async () => {
  await mcp.opa.kill();
  const before = mcp.upstream.requests.length;
  const response = await post(port, tool('x'), entryPath('error'));
  expect([response.status, response.json()]).toMatchObject([200, { error: { code: -32603 } }]);
  expect(await post(port, tool('x'), entryPath('http'))).toMatchObject({ status: 503 });
  expect(mcp.upstream.requests).toHaveLength(before);
});
