import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import { startGateway } from '../support/gateway-process.js';
import { startOpa } from '../support/opa-process.js';
import { CLIENTS } from './support/clients.js';
import { call, modern, post, tool } from './support/mcp-gateway.js';
import { onTool, plugin, writePlugin } from './support/plugin-gateway.js';
import { event, reply, result, textResult, startScripted, stream } from './support/scripted-server.js';
import type { ScriptedServer } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

/** Headers of the protocol and of the connection, which no policy may set. */
const FORBIDDEN = {
  'content-type': 'text/plain',
  'content-length': '1',
  'content-encoding': 'gzip',
  'transfer-encoding': 'chunked',
  connection: 'close, x-user',
  upgrade: 'websocket',
  host: 'evil.example',
  accept: 'text/html',
  'accept-encoding': 'gzip',
  expect: '100-continue',
  'Mcp-Session-Id': 'lie',
  'mcp-protocol-version': 'lie',
  'mcp-method': 'lie',
  'mcp-name': 'lie',
  'mcp-param-q': 'lie',
  'last-event-id': 'lie',
  'access-control-allow-origin': '*',
  vary: '*',
};

const REGO = {
  'headers.rego': `package headers
lies := ${JSON.stringify(FORBIDDEN)}
asked := object.get(input, ["resource", "id"], object.get(input, ["payload", "name"], ""))
request := {
  "allow": object.get({"denied": false}, asked, true),
  "headers": object.union(lies, {"x-user": "alice", "authorization": "Bearer upstream", "X-Authz-Role": ["a", "b"]}),
  "response_headers_to_add": object.union(lies, {"x-seen": "request", "set-cookie": ["a=1", "b=2"]}),
  "request_headers_to_remove": ["Traceparent", "content-type", "mcp-method", "host"],
  "obligations": object.get({"broken": [{"type": "no-such"}], "pay": [{"type": "step-up"}]}, asked, []),
}
response := {
  "allow": contains(json.marshal(input), "classified") == false,
  "headers": object.union(lies, {"x-result": "headers"}),
  "response_headers_to_add": object.union(lies, {"x-result-too": "added"}),
}
challenged := {
  "allow": false,
  "headers": {"www-authenticate": "Bearer realm=policy", "x-why": "no"},
  "obligations": [{"type": "step-up", "properties": {"scope": "s"}}],
}
refused := {"allow": false, "headers": {"www-authenticate": "Bearer realm=policy", "x-why": "no"}}
second := {"allow": true, "headers": {"x-user": "bob", "x-second": "2"}}
echo := {"allow": false, "reason": json.marshal(input.request.headers)}`,
};
const DECIDED = { policy: 'headers/request', response: 'headers/response' };

let upstream: ScriptedServer;
let port: number;
let reporting: number;
beforeAll(async () => {
  upstream = cleanup.add(await startScripted(), ({ close }) => close());
  const opa = cleanup.add(await startOpa({ rego: REGO }), ({ kill }) => kill());
  const policies = [
    onTool('x', 'headers', { policy_endpoint: 'request' }),
    onTool('x', 'headers', { policy_endpoint: 'second' }),
    onTool('denied', 'headers', { policy_endpoint: 'request' }),
    onTool('broken', 'headers', { policy_endpoint: 'request' }),
  ];
  const file = await writePlugin(cleanup, { plugins: [plugin({ tools: policies })] });
  const url = `${upstream.url}/mcp`;
  const mcp = [
    ...['error', 'http', 'result'].map((denial) => ({ name: denial, url, ...DECIDED, denial })),
    { name: 'challenged', url, policy: 'headers/challenged' },
    { name: 'refused', url, policy: 'headers/refused' },
    { name: 'echo', url, policy: 'headers/echo' },
    { name: 'plugin', url, plugin: file },
  ];
  const options = {
    policyHeaders: ['x-authz-*', 'X-Owned'],
    input: { headers: ['x-owned', 'x-user', ...Object.keys(UNTRUSTED)] },
  };
  const start = async (mode: string) => {
    const config = { opa: { url: opa.url, mode, ...options }, mcp };
    return cleanup.add(await startGateway(config), ({ end }) => end()).port;
  };
  port = await start('enforce');
  reporting = await start('permissive');
});

beforeEach(() => {
  upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
});

const pathOf = (name: string) => ({ path: `/mcp/${name}` });
/** Headers of a client that reach neither the policy nor the server, although `input.headers` names them. */
const UNTRUSTED = { 'x-forwarded-for': '6.6.6.6', 'x-real-ip': '6.6.6.6', x_tenant: '6', 'x.tenant': '6' };
const CLIENT_HEADERS = {
  ...UNTRUSTED,
  x_owned: 'root',
  x_authz_user: 'root',
  x_user: 'root',
  'mcp-session_id': 'root',
  'x-owned': 'root',
  'x-authz-user': 'root',
  'x-user': 'eve',
  traceparent: '00-1-1-01',
};

describe('the request to the server', () => {
  it.each(['error', 'plugin'])(
    "has the headers of the decision, and the protocol's headers unchanged: %s",
    async (name) => {
      const sent = modern('tools/call', { name: 'x' }, 'x');
      const headers = { ...sent.headers, ...CLIENT_HEADERS, authorization: 'Bearer client' };
      const before = upstream.requests.length;
      const response = await send(port, {
        ...pathOf(name),
        method: 'POST',
        body: sent.body as string,
        headers,
      });
      expect(response).toMatchObject({ status: 200 });
      expect(upstream.requests).toHaveLength(before + 1);
      const upstreamHeaders = upstream.requests.at(-1)?.headers;
      expect(upstreamHeaders).toEqual({
        ...sent.headers,
        'accept-encoding': 'identity',
        'content-length': String(sent.body?.length),
        connection: 'keep-alive',
        host: new URL(upstream.url).host,
        authorization: 'Bearer upstream',
        'x-authz-role': 'a, b',
        ...(name === 'error' ? { 'x-user': 'alice' } : { 'x-user': 'bob', 'x-second': '2' }),
      });
    },
  );

  it('has no headers of a policy without a decision, and none that only a policy may set', async () => {
    for (const message of [call('ping'), { jsonrpc: '2.0', method: 'notifications/x' }]) {
      await post(port, message, { ...pathOf('error'), headers: CLIENT_HEADERS });
      const upstreamHeaders = upstream.requests.at(-1)?.headers;
      expect(upstreamHeaders).toMatchObject({ 'x-user': 'eve', traceparent: '00-1-1-01' });
      for (const name of ['authorization', 'x-owned', 'x-authz-user', 'x-authz-role'])
        expect(upstreamHeaders).not.toHaveProperty(name);
      expect(JSON.stringify(upstreamHeaders)).not.toContain('root');
    }
  });

  it('is decided without the headers of the client that only a policy may set', async () => {
    const response = await post(port, tool('x'), { ...pathOf('echo'), headers: CLIENT_HEADERS });
    const { error } = response.json() as { error: { data: { reasons: [string] } } };
    const policyHeaders = JSON.parse(error.data.reasons[0]) as object;
    expect(policyHeaders).toMatchObject({ 'x-user': 'eve', traceparent: '00-1-1-01' });
    for (const name of ['x-owned', ...Object.keys(UNTRUSTED)])
      expect(policyHeaders).not.toHaveProperty([name]);
  });

  it('has no untrusted header of the client', async () => {
    await post(port, tool('x'), { ...pathOf('error'), headers: CLIENT_HEADERS });
    for (const name of Object.keys(UNTRUSTED)) {
      expect(upstream.requests.at(-1)?.headers).not.toHaveProperty([name]);
    }
  });

  it('has no headers of a denial in permissive mode', async () => {
    const response = await post(reporting, tool('x'), pathOf('refused'));
    expect([response.status, response.headers['x-why']]).toEqual([200, undefined]);
    expect(upstream.requests.at(-1)?.headers).not.toHaveProperty('x-why');
  });
});

/** Fails when a response has a header that no policy may set. */
function expectNoLies(headers: object): void {
  for (const [name, lie] of Object.entries(FORBIDDEN)) {
    expect(headers).not.toHaveProperty([name.toLowerCase()], lie);
  }
}

describe('the response', () => {
  const more = { 'x-seen': 'server', 'x-owned': 'server', 'x-of': 'server', 'mcp-session-id': 's' };

  it.each(['error', 'plugin'])('has the response headers of the decision: %s', async (name) => {
    upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'), 200, more);
    const { headers } = await post(port, tool('x'), pathOf(name));
    expectNoLies(headers);
    expect(headers).toMatchObject({ 'x-seen': 'request', 'x-of': 'server', 'set-cookie': ['a=1', 'b=2'] });
    for (const header of ['x-owned', 'authorization', 'x-user']) expect(headers).not.toHaveProperty(header);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect([headers['x-result'], headers['x-result-too']]).toEqual([
      undefined,
      name === 'error' ? 'added' : undefined,
    ]);
  });

  it("that is a stream has the headers of the request's decision, and none of the result's decision", async () => {
    upstream.respond = ({ message }, response) =>
      stream(response, more).end(event(textResult(message, 'ok')));
    const response = await post(port, tool('x'), pathOf('error'));
    const { 'transfer-encoding': chunked, ...headers } = response.headers;
    expect(chunked).toBe('chunked');
    expectNoLies(headers);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'x-seen': 'request',
      'x-of': 'server',
    });
    expect(headers).not.toHaveProperty('x-result-too');
    expect(response.text).toBe(event(textResult({ id: 1 }, 'ok')));
  });

  it.each([
    ['error', 200],
    ['http', 403],
    ['result', 200],
    ['plugin', 200],
  ])('to a denied request has the headers of the denial: denial %s', async (name, status) => {
    const response = await post(port, tool('denied'), pathOf(name));
    expectNoLies(response.headers);
    expect(response.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'x-user': 'alice',
    });
    expect(response.status).toBe(status);
    expect(response.headers).not.toHaveProperty('set-cookie');
  });

  it('to a denied result has the headers of the denial, and none of the server', async () => {
    upstream.respond = ({ message }, response) =>
      reply(response, textResult(message, 'classified'), 200, more);
    const response = await post(port, tool('x'), pathOf('error'));
    expect(response.json()).toMatchObject({ error: { code: -32001 } });
    expect(response.headers).toMatchObject({ 'x-seen': 'request', 'x-result': 'headers' });
    for (const name of ['x-of', 'x-result-too']) expect(response.headers).not.toHaveProperty(name);
  });

  it.each(['broken', 'pay'])('has no headers of an allow whose obligations fail: %s', async (name) => {
    for (const entry of name === 'pay' ? ['error'] : ['error', 'plugin']) {
      const { headers, text } = await post(port, tool(name), pathOf(entry));
      expect(text).toContain('-32001');
      for (const header of ['authorization', 'x-user', 'x-seen', 'set-cookie'])
        expect(headers).not.toHaveProperty(header);
    }
  });

  it('has the challenge of the policy, unless the gateway has its own', async () => {
    const refused = await post(port, tool('x'), pathOf('refused'));
    expect(refused.headers).toMatchObject({ 'www-authenticate': 'Bearer realm=policy', 'x-why': 'no' });
    const challenged = await post(port, tool('x'), pathOf('challenged'));
    expect([challenged.status, challenged.headers]).toMatchObject([
      403,
      {
        'x-why': 'no',
        'www-authenticate': expect.stringMatching(/^Bearer error="insufficient_scope", scope="s"/),
      },
    ]);
  });
});

it.each(CLIENTS)('%s works with headers of policies', async (_name, connect) => {
  upstream.respond = ({ message }, response) => {
    const methods: Record<string, object> = {
      initialize: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'up', version: '1' },
      },
      'server/discover': {
        supportedVersions: ['2026-07-28'],
        capabilities: { tools: {} },
        serverInfo: { name: 'up', version: '1' },
        resultType: 'complete',
        ttlMs: 0,
        cacheScope: 'private',
      },
      'tools/call': { content: [{ type: 'text', text: 'ok' }], resultType: 'complete' },
    };
    const serverResult = methods[String(message['method'])];
    if (serverResult === undefined) response.writeHead(202).end();
    else reply(response, result(message, serverResult), 200, { 'mcp-session-id': 's' });
  };
  const client = await connect(`http://127.0.0.1:${port}/mcp/error`);
  expect(await client.callTool({ name: 'x', arguments: {} })).toMatchObject({ content: [{ text: 'ok' }] });
  await client.close();
});
