import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { eventually } from '../../../libs/opa/test/support/eventually.js';
import { startRedis } from '../../../libs/opa/test/contexts/drivers/redis.js';
import type { TestRedis } from '../../../libs/opa/test/contexts/drivers/redis.js';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { startGateway } from '../support/gateway-process.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { call, modern, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { event, reply, result, textResult, stream } from './support/scripted-server.js';
import type { Responder } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());
const KEY = { GATEWAY_SESSION_KEY: 'a-secret-of-the-replicas-that-is-long' };

let redis: TestRedis;
let mcp: McpGateway;
let [a, b]: GatewayProcess[] = [];
beforeAll(async () => {
  redis = await startRedis();
  cleanup.add(undefined, () => redis.stop());
  const url = `redis://127.0.0.1:${redis.options.port}`;
  mcp = await startMcpGateway(
    cleanup,
    [{}, { name: 'tenants', policy: 'mcp/tenants' }],
    { redis: { url } },
    KEY,
  );
  a = mcp.gateway;
  b = cleanup.add(await startGateway(mcp.config, KEY), ({ end }) => end());
});

interface Client {
  readonly token: string;
  readonly headers: Record<string, string>;
}
const portOf = (gateway: GatewayProcess | undefined): number => gateway?.port ?? 0;
const streams =
  (text: string): Responder =>
  (_request, response) =>
    stream(response).end(text);
const json =
  (value: unknown): Responder =>
  ({ message }, response) =>
    reply(response, result(message, value));

async function client(sub: string, session: string): Promise<Client> {
  const token = await mcp.issuer.sign({ sub });
  mcp.upstream.respond = ({ message }, response) =>
    reply(response, result(message, {}), 200, { 'mcp-session-id': session });
  const response = await post(portOf(a), call('initialize', { protocolVersion: '2025-11-25' }, 0), { token });
  return { token, headers: { 'mcp-session-id': String(response.headers['mcp-session-id']) } };
}
const resume = (gateway: GatewayProcess | undefined, { token, headers }: Client, last: string) =>
  send(portOf(gateway), { path: '/mcp/up', token, headers: { ...headers, 'last-event-id': last } });

/** Begins a call at the first replica. Its stream ends after the event, before the response. */
async function beginCall(by: Client, last: string, name = 'x'): Promise<void> {
  mcp.upstream.respond = streams(`id: ${last}\ndata:\n\n`);
  await post(portOf(a), tool(name, 7), by);
}

describe('two gateways that share a Redis', () => {
  it('resume each other’s streams, and decide the result as the result of its call', async () => {
    const alice = await client('alice', 'up-1');
    await beginCall(alice, 'e1');
    mcp.upstream.respond = streams(event(textResult({ id: 7 }, 'my password'), 'e2'));
    const { text } = await resume(b, alice, 'e1');
    expect(text).toContain('***');
    expect(text).not.toContain('my password');
    await beginCall(alice, 'e3');
    mcp.upstream.respond = streams(event(textResult({ id: 7 }, 'classified'), 'e4'));
    expect((await resume(b, alice, 'e3')).text).toContain('"code":-32001');
  });

  it('refuse another subject, another session and an event that nobody received', async () => {
    const alice = await client('alice', 'up-2');
    const bob = await client('bob', 'up-3');
    await beginCall(alice, 'f1');
    const before = mcp.upstream.requests.length;
    for (const gateway of [a, b]) {
      expect(await resume(gateway, bob, 'f1')).toMatchObject({ status: 404 });
      expect(await resume(gateway, { ...bob, headers: alice.headers }, 'f1')).toMatchObject({ status: 404 });
      expect(await resume(gateway, alice, 'f9')).toMatchObject({ status: 404 });
    }
    expect(mcp.upstream.requests).toHaveLength(before);
  });

  it('know each other’s open calls with the same id', async () => {
    const alice = await client('alice', 'up-4');
    const bob = await client('bob', 'up-5');
    for (const by of [alice, bob]) {
      // The call "leveled" is open at the first gateway: its result is denied to subjects without the level.
      await beginCall(by, 'g1', 'leveled');
      mcp.upstream.respond = json(textResult({ id: 7 }, 'fine'));
      mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'fine'));
      expect((await post(portOf(b), tool('x', 7), by)).text).toContain('"code":-32001');
      expect((await post(portOf(b), tool('x', 8), by)).text).toContain('fine');
    }
  });

  it('share tasks, and refuse them to other subjects', async () => {
    const alice = await client('alice', 'up-6');
    const bob = await client('bob', 'up-7');
    mcp.upstream.respond = json({ task: { taskId: 't1', status: 'working' } });
    await post(portOf(a), tool('x', 1), alice);
    mcp.upstream.respond = json({ content: [{ type: 'text', text: 'my password' }] });
    const taskRequest = call('tasks/result', { taskId: 't1' }, 2);
    expect((await post(portOf(b), taskRequest, alice)).text).toContain('***');
    for (const gateway of [a, b])
      expect((await post(portOf(gateway), taskRequest, bob)).text).toContain('Task not found');
    mcp.upstream.respond = json({ content: [{ type: 'text', text: 'classified' }] });
    expect((await post(portOf(b), taskRequest, alice)).text).toContain('"code":-32001');
  });

  it('take a client’s response to the server’s request', async () => {
    const alice = await client('alice', 'up-8');
    mcp.upstream.respond = streams(event({ jsonrpc: '2.0', id: 's1', method: 'roots/list' }, 'h1'));
    await post(portOf(a), tool('x', 3), alice);
    mcp.upstream.respond = (_request, response) => response.writeHead(202).end();
    const clientResult = { jsonrpc: '2.0', id: 's1', result: { roots: [] } };
    expect((await post(portOf(b), clientResult, alice)).status).toBe(202);
    expect(mcp.upstream.requests.at(-1)).toMatchObject({
      message: clientResult,
      headers: { 'mcp-session-id': 'up-8' },
    });
    // Without a session, only a subject that received the request may respond.
    mcp.upstream.respond = streams(event({ jsonrpc: '2.0', id: 's2', method: 'roots/list' }, 'h2'));
    await post(portOf(a), tool('x', 3), { token: alice.token });
    mcp.upstream.respond = (_request, response) => response.writeHead(202).end();
    const bob = await mcp.issuer.sign({ sub: 'bob' });
    expect((await post(portOf(b), { ...clientResult, id: 's2' }, { token: bob })).status).toBe(400);
    expect((await post(portOf(b), { ...clientResult, id: 's2' }, { token: alice.token })).status).toBe(202);
  });

  it('send the headers of the latest allowed request with undecided messages', async () => {
    const token = await mcp.issuer.sign({ sub: 'alice' });
    // The upstream demands the header that the policy sets.
    mcp.upstream.respond = ({ message, method, headers }, response) => {
      if (headers['x-tenant'] !== 'of-alice') response.writeHead(401).end();
      else if (method === 'POST' && 'id' in message)
        reply(response, result(message, {}), 200, { 'mcp-session-id': 'up-12' });
      else response.writeHead(method === 'GET' ? 405 : 202).end();
    };
    const path = '/mcp/tenants';
    const initialize = call('initialize', { protocolVersion: '2025-11-25' }, 0);
    const opened = await post(portOf(a), initialize, { path, token });
    const headers = { 'mcp-session-id': String(opened.headers['mcp-session-id']) };
    const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
    expect((await post(portOf(b), initialized, { path, token, headers })).status).toBe(202);
    expect((await post(portOf(b), initialized, { path, token })).status).toBe(202);
    expect((await post(portOf(b), call('ping'), { path, token, headers })).status).toBe(200);
    const bob = await mcp.issuer.sign({ sub: 'bob' });
    expect((await post(portOf(b), initialized, { path, token: bob })).status).toBe(401);
    // Another server of the gateway has a session and a permit of its own.
    expect((await post(portOf(b), initialized, { token })).status).toBe(401);
    const ended = await send(portOf(b), { path, method: 'DELETE', token, headers });
    expect(ended.status).toBe(202);
    expect((await post(portOf(a), initialized, { path, token, headers })).status).toBe(401);
  });

  it('store nothing that can be read, and believe no value that is not theirs', async () => {
    const alice = await client('alice', 'up-9');
    await beginCall(alice, 'event-of-9');
    const separate = new Redis(redis.options.port);
    cleanup.add(separate, (client) => client.disconnect());
    const keys = await separate.keys('*');
    const contents = await Promise.all(
      keys.map(async (key) =>
        (await separate.type(key)) === 'hash' ? separate.hgetall(key) : separate.get(key),
      ),
    );
    const all = JSON.stringify([keys, contents]);
    for (const text of ['alice', 'up-9', 'event-of-9', 'tools/call', 'arguments']) {
      expect(all).not.toContain(text);
    }
    expect(keys.length).toBeGreaterThan(3);
    for (const key of keys) expect(await separate.ttl(key)).toBeGreaterThan(0);
    // Another record's value, under the key of every record.
    const mark = contents.find((content) => typeof content === 'string') ?? '';
    const hash =
      contents.find((content): content is Record<string, string> => typeof content === 'object') ?? {};
    for (const key of keys) {
      if ((await separate.type(key)) === 'hash') {
        await separate.del(key);
        await separate.hset(key, hash);
      } else await separate.set(key, `${mark}A`);
    }
    mcp.upstream.respond = streams(event(textResult({ id: 7 }, 'fine'), 'event-of-10'));
    expect(await resume(b, alice, 'event-of-9')).toMatchObject({ status: 404 });
    const bob = await client('bob', 'up-10');
    expect(await resume(b, bob, 'event-of-9')).toMatchObject({ status: 404 });
    await separate.flushall();
    // What Redis has forgotten is refused.
    expect(await resume(b, alice, 'event-of-9')).toMatchObject({ status: 404 });
  });

  it('go on without Redis, but for what needs a record; and recover', async () => {
    const alice = await client('alice', 'up-11');
    const redisState = async (): Promise<string> => {
      const { status, text } = await send(portOf(a), { path: '/health/ready' });
      return `${status} ${text}`;
    };
    const ready = (state: string): string => `200 {"status":"ok","details":{"redis":{"status":"${state}"}}}`;
    const callTool = (): Promise<HttpResponse> => post(portOf(a), tool('x', 1), alice);
    expect(await redisState()).toBe(ready('up'));
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'fine'));
    await redis.stop();
    await eventually(redisState, ready('down'));
    const before = mcp.upstream.requests.length;
    for (let i = 0; i < 3; i++) {
      const refused = await callTool();
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
      expect(refused.json()).toMatchObject({
        id: 1,
        error: { code: -32603, message: 'The records of MCP sessions are not available' },
      });
    }
    expect(mcp.upstream.requests).toHaveLength(before);
    const notified = await post(portOf(a), { jsonrpc: '2.0', method: 'notifications/x' }, alice);
    expect([notified.status, notified.headers['retry-after']]).toEqual([503, '1']);
    expect(mcp.upstream.requests).toHaveLength(before);
    const { headers = {}, body } = modern('tools/call', { name: 'x', arguments: {} }, 'x');
    const { token } = alice;
    expect((await post(portOf(a), body, { headers: headers, token })).text).toContain('fine');
    expect((await send(portOf(a), { path: '/health/live' })).status).toBe(200);
    redis = await startRedis(redis.options.port);
    await eventually(redisState, ready('up'));
    expect((await callTool()).text).toContain('fine');
    expect(a?.output().match(/The gateway has no connection to Redis/g)).toHaveLength(1);
    expect(a?.output().match(/so MCP messages to "up" that need a record are refused/g)).toHaveLength(1);
  });
});
