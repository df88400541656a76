import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startRedis } from '../../../libs/opa/test/contexts/drivers/redis.js';
import type { TestRedis } from '../../../libs/opa/test/contexts/drivers/redis.js';
import { eventually } from '../../../libs/opa/test/support/eventually.js';
import { Cleanup } from '../support/cleanup.js';
import { open, send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { startGateway } from '../support/gateway-process.js';
import { call, HEADERS, modern, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { event, reply, result, textResult, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());
const KEY = { GATEWAY_SESSION_KEY: 'a-secret-of-the-replicas-that-is-long' };
/** The events of a stream. If each event waited one second for Redis, the stream would need a minute. */
const EVENTS = 60;
const BOUND_MS = 20_000;

let redis: TestRedis;
let mcp: McpGateway;
let port: number;
let token: string;
let session: Record<string, string>;
beforeAll(async () => {
  redis = await startRedis();
  cleanup.add(undefined, () => redis.stop());
  const entries = [{}, { name: 'limited', policy: 'mcp/limited', response: undefined, list: undefined }];
  const url = `redis://127.0.0.1:${redis.options.port}`;
  mcp = await startMcpGateway(cleanup, entries, { redis: { url } }, KEY);
  ({ port } = mcp.gateway);
  token = await mcp.issuer.sign({ sub: 'alice' });
  mcp.upstream.respond = ({ message }, response) =>
    reply(response, result(message, {}), 200, { 'mcp-session-id': 's' });
  const opened = await post(port, call('initialize', {}, 0), { token });
  session = { 'mcp-session-id': String(opened.headers['mcp-session-id']) };
});

const redisState = async (gatewayPort: number): Promise<boolean> =>
  (await send(gatewayPort, { path: '/health/ready' })).text.includes('"redis":{"status":"up"}');

async function bounded<T>(run: Promise<T>): Promise<T> {
  const start = performance.now();
  const value = await run;
  expect(performance.now() - start).toBeLessThan(BOUND_MS);
  return value;
}

it('a Redis that hangs stops only requests that need Redis, and slows down no stream', async () => {
  const { headers, body } = modern('tools/call', { name: 'x' }, 'x');
  const modernCall = (gatewayPort: number): Promise<HttpResponse> =>
    post(gatewayPort, String(body), { token, headers: headers as Record<string, string> });
  let sendEvents = (): void => undefined;
  mcp.upstream.respond = (_request, response) => {
    const events = stream(response);
    events.write(event({ jsonrpc: '2.0', method: 'notifications/message', params: {} }, 'begin'));
    sendEvents = () => {
      for (let index = 0; index < EVENTS; index += 1)
        events.write(event({ jsonrpc: '2.0', method: 'notifications/message', params: {} }, `e${index}`));
      events.end();
    };
  };
  const listening = await open(port, {
    path: '/mcp/up',
    token,
    headers: { accept: HEADERS.accept, ...session },
  });
  redis.pause();
  sendEvents();
  const received = await bounded(text(listening));
  expect(received.match(/^id: e\d+$/gm)).toHaveLength(EVENTS);

  mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'fine'));
  const before = mcp.upstream.requests.length;
  for (let id = 2; id < 5; id += 1) {
    const refused = await bounded(post(port, tool('x', id), { token, headers: session }));
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    expect(refused.json()).toMatchObject({
      id,
      error: { message: 'The records of MCP sessions are not available' },
    });
    const limited = await bounded(post(port, tool('x', id), { token, path: '/mcp/limited' }));
    expect(limited.json()).toMatchObject({ id, error: { code: -32603 } });
  }
  expect(mcp.upstream.requests).toHaveLength(before);
  expect((await bounded(modernCall(port))).text).toContain('fine');
  expect(await redisState(port)).toBe(false);

  // Another replica starts and serves what needs no record.
  const second = cleanup.add(await bounded(startGateway(mcp.config, KEY)), ({ end }) => end());
  expect((await bounded(modernCall(second.port))).text).toContain('fine');

  redis.resume();
  for (const gateway of [port, second.port]) {
    await eventually(() => redisState(gateway), true);
    expect((await post(gateway, tool('x', 6), { token, headers: session })).text).toContain('fine');
  }
});
