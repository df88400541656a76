import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import { failToStart, startGateway, writeConfig } from '../support/gateway-process.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { startOpa } from '../support/opa-process.js';
import type { OpaProcess } from '../support/opa-process.js';
import { startServer } from '../support/upstream.js';
import { call, post, tool } from './support/mcp-gateway.js';
import type { Keys } from './support/plugin-gateway.js';
import { echoed, onResource, onTool, plugin, POLICIES, writePlugin } from './support/plugin-gateway.js';
import { reply, result, textResult, startScripted } from './support/scripted-server.js';
import type { ScriptedServer } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

type OpaHandler = (request: IncomingMessage, response: ServerResponse) => void;
let opa: OpaProcess;
let upstream: ScriptedServer;
let gateway: GatewayProcess;
let port: number;

const example = {
  policy_endpoints: ['allow_tool_pre_invoke', 'allow_tool_post_invoke'],
};
const start = async (entries: Readonly<Record<string, Keys>>, config: object = {}) => {
  const mcp = [];
  for (const [name, entry] of Object.entries(entries)) {
    const file = await writePlugin(cleanup, { plugins: [entry] });
    mcp.push({ name, url: `${upstream.url}/mcp`, plugin: file, denial: 'http' });
  }
  return cleanup.add(await startGateway({ mcp, ...config }), ({ end }) => end());
};
/** Stands in for an OPA that no real one can be made to be; counts what it is asked, and the connections. */
const standIn = async (handler: OpaHandler) => {
  const opaTraffic = { requests: [] as IncomingMessage[], opened: 0 };
  const server = await startServer((request, response) => {
    opaTraffic.requests.push(request);
    handler(request, response);
  });
  server.server.on('connection', () => (opaTraffic.opened += 1));
  cleanup.add(server, ({ close }) => close());
  return Object.assign(opaTraffic, { url: server.url, connections: () => server.connections() });
};
const respondWith =
  (body: string, status = 200): OpaHandler =>
  (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };
const entryFor = (url: string, more: Keys = {}) =>
  plugin({ tools: [onTool('x', 'yes')] }, { config: { opa_base_url: url, ...more } });

const git = (args?: object) => call('tools/call', { name: 'git', ...(args && { arguments: args }) });
const IBM = git({ repo_path: 'path/IBM' });
const codeOf = async (body: object, name = 'up', on = port): Promise<number | undefined> => {
  const response = await post(on, body, { path: `/mcp/${name}` });
  return (response.json() as { error?: { code: number } }).error?.code;
};
const give = (value: unknown) => {
  upstream.respond = ({ message }, response) => reply(response, result(message, value));
};
const text = { content: [{ type: 'text', text: 'found' }] };

beforeAll(async () => {
  opa = cleanup.add(await startOpa({ rego: POLICIES }), ({ kill }) => kill());
  upstream = cleanup.add(await startScripted(), ({ close }) => close());
  const tools = [
    onTool('git', 'example', example),
    onTool('echo', 'echo'),
    onTool('both', 'no'),
    onTool('both', 'yes'),
    onTool('answers', 'answers'),
  ];
  const resources = [onResource('https://example.com', 'example', { policy_endpoints: ['allow'] })];
  const up = plugin(
    { tools, resources },
    { mode: 'enforce', config: { opa_base_url: `${opa.url}/v1/data/` } },
  );
  gateway = await start({ up });
  ({ port } = gateway);
});

describe('the original plugin’s defects, through the gateway', () => {
  it('1: a call without arguments and a falsy result are decided', async () => {
    const before = upstream.requests.length;
    for (const body of [git(), git({}), call('tools/call', { name: 'git', _meta: {} })]) {
      expect(await codeOf(body)).toBe(-32001);
    }
    expect(upstream.requests).toHaveLength(before);
    for (const falsy of [null, false, 0, '', {}]) {
      give(falsy);
      expect(await codeOf(IBM)).toBe(-32603);
    }
  });

  it.each([['ann@example.com'], [['ann@example.com']], [[{ type: 'text', text: 'ann@example.com' }]]])(
    '2: the result %j does not pass',
    async (value) => {
      give(value);
      const response = await post(port, IBM);
      expect(response.json()).toMatchObject({ error: { code: -32603 } });
      expect(response.text).not.toContain('ann');
    },
  );

  it('3: names and URIs are compared whole, normalised, and every entry that matches decides', async () => {
    give(text);
    const called = (name: string) => call('tools/call', { name });
    expect([await codeOf(called('github')), await codeOf(called('both'))]).toEqual([undefined, -32001]);
    give({ contents: [] });
    const read = (uri: string) => call('resources/read', { uri });
    expect(await codeOf(read('https://EXAMPLE.com/root'))).toBe(-32001);
    expect(await codeOf(read('https://other.org/https://example.com/root'))).toBeUndefined();
  });

  it('4: one item of another kind fails nothing', async () => {
    const value = { content: [...text.content, { type: 'new', x: 1 }] };
    give(value);
    expect((await post(port, IBM)).json()).toMatchObject({ result: value });
  });

  it('5: an entry without settings stops the start', async () => {
    const file = await writePlugin(cleanup, { plugins: [plugin({ tools: [{ tool_name: 'x' }] })] });
    const mcp = [{ name: 'up', url: upstream.url, plugin: file }];
    const configFile = cleanup.add(await writeConfig(JSON.stringify({ mcp })), ({ remove }) => remove());
    const { code, output } = await failToStart({ GATEWAY_CONFIG: configFile.file });
    expect([code, output]).toEqual([1, expect.stringContaining('tools[0].extensions')]);
  });

  it('6: user, address and headers are the caller’s, and nothing that it sends changes them', async () => {
    const arguments_ = { user: 'root', request_ip: '10.0.0.1' };
    const _meta = { user: 'root', opa_policy_context: { user: 'root' } };
    const headers = { 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1', 'x-real-ip': '10.0.0.1' };
    const body = call('tools/call', { name: 'echo', arguments: arguments_, _meta });
    expect(echoed(await post(port, body, { headers })).input).toMatchObject({
      user: 'anonymous',
      request_ip: '127.0.0.1',
      headers: { accept: expect.any(String) },
      payload: { name: 'echo', args: arguments_ },
      context: {},
    });
  });

  it('7: "false" allows nothing', async () => {
    for (const form of ['object', 'text']) {
      expect(await codeOf(call('tools/call', { name: 'answers', arguments: { form } }))).toBe(-32603);
    }
  });

  it('8 and 10: a time is what it says, and the whole decision’s, whatever the tries', async () => {
    const silent = await standIn(() => undefined);
    const config = { opa_client_retries: 3, opa_client_timeout: '1.5s' };
    const slow = await start({ up: entryFor(silent.url, config) });
    expect(await post(slow.port, tool('x'))).toMatchObject({ status: 504 });
    expect(silent.requests).toHaveLength(1);
  });

  it.each([1, 3])('10: %i tries are as many calls, the first included', async (opa_client_retries) => {
    const failing = await standIn(respondWith('', 503));
    const other = await start({
      up: entryFor(failing.url, { opa_client_retries, opa_client_timeout: '5s' }),
    });
    expect(await post(other.port, tool('x'))).toMatchObject({ status: 503 });
    expect(failing.requests).toHaveLength(opa_client_retries);
  });

  it('9: one client serves all, and outlives an OPA that comes back', async () => {
    give(text);
    const fortyCalls = () => Promise.all(Array.from({ length: 40 }, () => codeOf(IBM)));
    expect(new Set(await fortyCalls())).toEqual(new Set([undefined]));
    const restartedOpa = await startOpa({ rego: POLICIES });
    const other = await start({ up: entryFor(restartedOpa.url) }, { opa: { circuitBreaker: false } });
    expect(await codeOf(tool('x'), 'up', other.port)).toBeUndefined();
    await restartedOpa.kill();
    expect(await codeOf(tool('x'), 'up', other.port)).toBe(-32603);
    cleanup.add(await startOpa({ rego: POLICIES }, restartedOpa.port), ({ kill }) => kill());
    expect(await codeOf(tool('x'), 'up', other.port)).toBeUndefined();
  });

  it('11: no payload is in the log', async () => {
    const broken = await standIn(respondWith('s3cret'));
    const other = await start({ up: entryFor(broken.url) });
    expect(
      await codeOf(call('tools/call', { name: 'x', arguments: { a: 's3cret' } }), 'up', other.port),
    ).toBe(-32603);
    give({ content: [{ type: 'text', text: 's3cret@' }] });
    expect(await codeOf(git({ repo_path: 's3cret' }))).toBe(-32001);
    expect(await codeOf(git({ repo_path: 's3cret IBM' }))).toBe(-32001);
    give('s3cret');
    expect(await codeOf(git({ repo_path: 's3cret IBM' }))).toBe(-32603);
    expect(await codeOf(call('resources/read', { uri: 'https://example.com/s3cret\\' }))).toBe(-32602);
    expect(other.output()).toContain('OPA_BAD_ANSWER');
    expect(other.output() + gateway.output()).not.toContain('s3cret');
  });

  it('12: a token goes along, and a cache and a breaker are there', async () => {
    give(text);
    const working = await standIn(respondWith('{"result":true}'));
    const failing = await standIn(respondWith('', 503));
    const cache = { max: 10, allowTtl: 60_000, denyTtl: 60_000 };
    const other = await start(
      { good: entryFor(working.url), bad: entryFor(failing.url, { opa_client_retries: 1 }) },
      { opa: { token: 'of-the-gateway', cache, circuitBreaker: { minimumCalls: 2 } } },
    );
    const calls = ['1', '2', '3'].map((id) => tool('x', id));
    for (const body of calls) expect(await codeOf(body, 'good', other.port)).toBeUndefined();
    // Before and after the call, once each.
    expect(working.requests.map(({ headers }) => headers.authorization)).toEqual(
      Array(2).fill('Bearer of-the-gateway'),
    );
    for (const body of calls) {
      expect(await post(other.port, body, { path: '/mcp/bad' })).toMatchObject({ status: 503 });
    }
    expect(failing.requests).toHaveLength(2);
  });

  it('12: its figures are among the gateway’s', async () => {
    give(text);
    const up = plugin({ tools: [onTool('x', 'no')] }, { mode: 'permissive', hooks: ['tool_pre_invoke'] });
    const config = { opa: { url: opa.url }, admin: { policy: 'yes/allow' } };
    const other = await start({ up }, config);
    expect(await codeOf(tool('x'), 'up', other.port)).toBeUndefined();
    const stats = (await send(other.port, { path: '/admin/stats' })).json();
    expect(stats).toMatchObject({
      decisions: { allow: 1, deny: 0 },
      plugins: { 'up/0/opa': { decisions: { allow: 0, deny: 1, degraded: 1 }, sockets: { created: 1 } } },
    });
    expect((await send(other.port, { path: '/admin/permissive' })).json()).toMatchObject([
      { plugin: 'up/0/opa', policy: 'no/allow', outcome: 'deny', count: 1, reasons: ['no'] },
    ]);
  });

  it.each<[string, number, string]>([
    ['201', 201, '{"result":true}'],
    ['what is not JSON', 200, 'true or so'],
    ['half of it', 200, '{"result":'],
  ])('13: %s is a failed decision, and the client gets no details', async (_name, status, body) => {
    const broken = await standIn(respondWith(body, status));
    const other = await start({ up: entryFor(broken.url) });
    const before = upstream.requests.length;
    const response = await post(other.port, tool('x'));
    expect([response.status, response.json()]).toEqual([
      500,
      { jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'The request could not be decided' } },
    ]);
    expect(upstream.requests).toHaveLength(before);
  });

  it('14: the shipped configuration blocks', async () => {
    upstream.respond = ({ message }, response) => reply(response, textResult(message, 'path/IBM'));
    const before = upstream.requests.length;
    expect(await post(port, git({ repo_path: 'path/BIM' }))).toMatchObject({ status: 403 });
    expect(upstream.requests).toHaveLength(before);
    expect(await post(port, IBM)).toMatchObject({ status: 200 });
    upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ann@example.com'));
    expect(await post(port, IBM)).toMatchObject({ status: 403, text: expect.not.stringContaining('ann') });
  });
});

it('its decision point’s: an error is not cached, and twenty identical queries make one request', async () => {
  give(text);
  let held: ServerResponse | undefined;
  const server = await standIn((request, response) => {
    if (server.requests.length === 1) respondWith('{}', 500)(request, response);
    else held = response;
  });
  const cache = { max: 10, allowTtl: 60_000, denyTtl: 60_000 };
  const up = { ...entryFor(server.url), hooks: ['tool_pre_invoke'] };
  const other = await start({ up }, { opa: { cache, coalesce: true, timeout: 5_000 } });
  expect(await codeOf(tool('x'), 'up', other.port)).toBe(-32603);
  const calls = Array.from({ length: 20 }, (_, id) => codeOf(tool('x', id), 'up', other.port));
  await send(other.port, { path: '/health/live' });
  while (held === undefined) await send(other.port, { path: '/health/live' });
  held.setHeader('content-type', 'application/json').end('{"result":true}');
  expect(new Set(await Promise.all(calls))).toEqual(new Set([undefined]));
  expect(server.requests).toHaveLength(2);
});

it('connections are closed when the gateway ends, with exit code 0', async () => {
  give(text);
  const server = await standIn(respondWith('{"result":true}'));
  const other = await start({ up: entryFor(server.url) });
  expect(await codeOf(tool('x'), 'up', other.port)).toBeUndefined();
  expect(await server.connections()).toBe(1);
  expect(await other.end()).toBe(0);
  expect(await server.connections()).toBe(0);
});
