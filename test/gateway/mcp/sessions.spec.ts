import { afterAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { open, send } from '../support/client.js';
import { failToStart, writeConfig } from '../support/gateway-process.js';
import { call, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { event, reply, result, textResult, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const INIT = call(
  'initialize',
  { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } },
  0,
);

/** Opens a session, and gives the client's id of it. */
async function openSession({ gateway, upstream }: McpGateway, token?: string): Promise<string> {
  upstream.respond = ({ message }, response) =>
    reply(response, result(message, { protocolVersion: '2025-11-25' }), 200, { 'mcp-session-id': 'up-1' });
  const response = await post(gateway.port, INIT, token === undefined ? {} : { token });
  return String(response.headers['mcp-session-id']);
}

const KEY = { GATEWAY_SESSION_KEY: 'a-secret-of-the-test-that-is-long-enough' };
const mcp = await startMcpGateway(cleanup, [{}, { name: 'other' }], {}, KEY);
const { port } = mcp.gateway;
const alice = await mcp.issuer.sign({ sub: 'alice' });
const bob = await mcp.issuer.sign({ sub: 'bob' });

describe('a session', () => {
  it('has one id for the client and another id for the upstream', async () => {
    const id = await openSession(mcp, alice);
    expect(id).toMatch(/^[\x21-\x7e]+$/);
    expect(id).not.toContain('up-1');
    mcp.upstream.respond = ({ message }, response) =>
      reply(response, textResult(message, 'ok'), 200, { 'mcp-session-id': 'up-1' });
    const response = await post(port, tool('x'), { token: alice, headers: { 'mcp-session-id': id } });
    expect(mcp.upstream.requests.at(-1)?.headers['mcp-session-id']).toBe('up-1');
    expect(response.headers['mcp-session-id']).toBe(id);
  });

  it("is its subject's alone", async () => {
    const id = await openSession(mcp, alice);
    const before = mcp.upstream.requests.length;
    const changed = id.slice(0, -2) + (id.endsWith('AA') ? 'BB' : 'AA');
    const cases = [
      { token: bob, headers: { 'mcp-session-id': id } },
      { headers: { 'mcp-session-id': id } },
      { token: alice, headers: { 'mcp-session-id': 'up-1' } },
      { token: alice, headers: { 'mcp-session-id': '' } },
      { token: alice, headers: { 'mcp-session-id': changed } },
      { token: alice, headers: { 'mcp-session-id': id }, path: '/mcp/other' },
    ];
    for (const more of cases) {
      expect(await post(port, tool('x'), more)).toMatchObject({ status: 404 });
      expect(await post(port, result({ id: 1 }, {}), more)).toMatchObject({ status: 404 });
      expect(await post(port, { jsonrpc: '2.0', method: 'notifications/x' }, more)).toMatchObject({
        status: 404,
      });
      for (const method of ['GET', 'DELETE']) {
        expect(await send(port, { path: '/mcp/up', method, ...more })).toMatchObject({ status: 404 });
      }
    }
    expect(mcp.upstream.requests).toHaveLength(before);
  });

  it("ends with DELETE, and the upstream's 404 comes back", async () => {
    const headers = { 'mcp-session-id': await openSession(mcp, alice) };
    mcp.upstream.respond = (_request, response) => response.writeHead(200).end();
    expect(await send(port, { path: '/mcp/up', method: 'DELETE', headers, token: alice })).toMatchObject({
      status: 200,
    });
    expect(mcp.upstream.requests.at(-1)).toMatchObject({
      method: 'DELETE',
      headers: { 'mcp-session-id': 'up-1' },
    });
    mcp.upstream.respond = (_request, response) => reply(response, 'gone', 404);
    expect(await post(port, tool('x'), { headers, token: alice })).toMatchObject({ status: 404 });
  });

  it('is resumed, and its results are decided by their calls', async () => {
    const headers = { 'mcp-session-id': await openSession(mcp, bob) };
    mcp.upstream.respond = (_request, response) => stream(response).end('id: e1\ndata:\n\n');
    await post(port, tool('x', 3), { headers, token: bob });
    mcp.upstream.respond = (_request, response) =>
      stream(response).end(event(textResult({ id: 3 }, 'a password'), 'e2'));
    const resumed = await send(port, {
      path: '/mcp/up',
      headers: { ...headers, 'last-event-id': 'e1' },
      token: bob,
    });
    expect(mcp.upstream.requests.at(-1)?.headers).toMatchObject({
      'last-event-id': 'e1',
      'mcp-session-id': 'up-1',
    });
    expect(resumed.text).toMatch(/^id: e2\ndata: .*"id":3,"result"/);
    expect(resumed.text).not.toContain('password');
  });

  it('continues in another gateway with the same key, which refuses results of unknown calls', async () => {
    const headers = { 'mcp-session-id': await openSession(mcp) };
    const other = await startMcpGateway(cleanup, [{}], {}, KEY);
    other.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
    expect(await post(other.gateway.port, tool('x'), { headers })).toMatchObject({ status: 200 });
    other.upstream.respond = (_request, response) =>
      stream(response).end(event(textResult({ id: 1 }, 'stray'), 'e2'));
    const stray = await send(other.gateway.port, { path: '/mcp/up', headers });
    expect(stray.text).toMatch(/"id":1,"error":\{"code":-32603/);
    const stranger = await startMcpGateway(cleanup);
    expect(await post(stranger.gateway.port, tool('x'), { headers })).toMatchObject({ status: 404 });
  });

  it('is not sealed with a short key', async () => {
    const { file, remove } = await writeConfig('mcp: [{ name: a, url: http://127.0.0.1:1, policy: a/b }]');
    const { code, output } = await failToStart({ GATEWAY_CONFIG: file, GATEWAY_SESSION_KEY: 'short' });
    await remove();
    expect([code, output]).toEqual([1, expect.stringContaining('GATEWAY_SESSION_KEY')]);
  });
});

describe('tasks', () => {
  const begun = { task: { taskId: 't1', status: 'working' } };

  it("have their results decided as their calls' are", async () => {
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, begun));
    expect((await post(port, tool('x'), { token: alice })).json()).toMatchObject({ result: begun });
    const taskRequest = (method: string, taskId: string, token: string) =>
      post(port, call(method, { taskId }), { token });
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'a password'));
    expect((await taskRequest('tasks/result', 't1', alice)).text).toMatch(/"result":(?!.*password)/);
    expect((await taskRequest('tasks/result', 't2', alice)).json()).toMatchObject({
      error: { code: -32602 },
    });
    expect((await taskRequest('tasks/result', 't1', bob)).json()).toMatchObject({ error: { code: -32602 } });
    const inline = {
      taskId: 't1',
      status: 'completed',
      result: { content: [{ type: 'text', text: 'classified' }] },
    };
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, inline));
    expect((await taskRequest('tasks/get', 't1', alice)).json()).toMatchObject({ error: { code: -32001 } });
    const working = { taskId: 't1', status: 'working' };
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, working));
    expect((await taskRequest('tasks/get', 't1', alice)).json()).toMatchObject({ result: working });
  });

  it('lose the parts of their notifications that a policy hides', async () => {
    const taskStatus = (taskId: string, text: string) => ({
      jsonrpc: '2.0',
      method: 'notifications/tasks',
      params: { taskId, result: { content: [{ type: 'text', text }] } },
    });
    mcp.upstream.respond = (_request, response) =>
      stream(response).end(
        event(taskStatus('t1', 'fine')) +
          event(taskStatus('t1', 'classified')) +
          event(taskStatus('t9', 'stray')),
      );
    const { text } = await send(port, { path: '/mcp/up', token: alice });
    const without = event({ jsonrpc: '2.0', method: 'notifications/tasks', params: { taskId: 't1' } });
    expect(text).toBe(event(taskStatus('t1', 'fine')) + without);
  });
});

it('standing streams end when the gateway does', async () => {
  const separate = await startMcpGateway(cleanup);
  separate.upstream.respond = (_request, response) => stream(response).write(': open\n\n');
  const response = await open(separate.gateway.port, { path: '/mcp/up' });
  const ended = separate.gateway.end();
  let text = '';
  for await (const part of response) text += String(part);
  expect([text, await ended]).toEqual([': keep-alive\n\n', 0]);
});
