import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { open, send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { begin, call, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import { event, reply, result, textResult, stream } from './support/scripted-server.js';
import type { UpstreamRequest } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const mcp = await startMcpGateway(cleanup);
const { port } = mcp.gateway;

/** A subject with a session. */
interface Client {
  readonly token: string;
  readonly headers: Record<string, string>;
}

async function client(sub: string, session: string, claims: object = {}): Promise<Client> {
  const token = await mcp.issuer.sign({ sub, ...claims });
  mcp.upstream.respond = ({ message }, response) =>
    reply(response, result(message, {}), 200, { 'mcp-session-id': session });
  const response = await post(port, call('initialize', { protocolVersion: '2025-11-25' }, 0), { token });
  return { token, headers: { 'mcp-session-id': String(response.headers['mcp-session-id']) } };
}

const resume = ({ token, headers }: Client, last?: string): Promise<HttpResponse> =>
  send(port, {
    path: '/mcp/up',
    token,
    headers: { ...headers, ...(last !== undefined && { 'last-event-id': last }) },
  });

const streams = (text: string) => (_request: UpstreamRequest, response: ServerResponse) =>
  stream(response).end(text);

describe('a stream of another', () => {
  it('is not resumed, in any session and under any id', async () => {
    const alice = await client('alice', 'up-a');
    const bob = await client('bob', 'up-b');
    mcp.upstream.respond = streams('id: of-alice\ndata:\n\n');
    await post(port, tool('x', 7), alice);
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, {}));
    await post(port, call('ping', undefined, 7), bob);
    const before = mcp.upstream.requests.length;
    expect(await resume(bob, 'of-alice')).toMatchObject({ status: 404 });
    expect(await resume({ ...alice, headers: {} }, 'of-alice')).toMatchObject({ status: 404 });
    expect(mcp.upstream.requests).toHaveLength(before);
    mcp.upstream.respond = streams(event(textResult({ id: 7 }, 'fine'), 'of-alice-2'));
    expect((await resume(alice, 'of-alice')).text).toContain('fine');
  });

  it('is distinguished when both subjects received the same event ids', async () => {
    const alice = await client('alice', 'up-c');
    const bob = await client('bob', 'up-d');
    mcp.upstream.respond = streams('id: 1\ndata:\n\n');
    await post(port, tool('x', 7), alice);
    await post(port, tool('x', 8), bob);
    mcp.upstream.respond = streams(event(textResult({ id: 7 }, 'fine'), '2'));
    expect((await resume(alice, '1')).text).toContain('fine');
    expect((await resume(bob, '1')).text).toContain('"code":-32603');
  });

  it('may be resumed from an event that another gateway has sent', async () => {
    const alice = await client('alice', 'up-e');
    mcp.upstream.respond = streams('id: next\ndata:\n\n');
    expect(await resume(alice, 'sent-elsewhere')).toMatchObject({ status: 200, text: 'id: next\ndata:\n\n' });
  });
});

describe('a response on the stream of another call', () => {
  it.each([
    ['the same id as a text', '7'],
    ['an id that nobody used', 8],
    ['no id', null],
  ])('passes only under its own id: %s', async (_name, id) => {
    const alice = await client('alice', 'up-f');
    mcp.upstream.respond = streams('id: f1\ndata:\n\n');
    await post(port, tool('x', 7), alice);
    mcp.upstream.respond = streams(event({ jsonrpc: '2.0', id, result: { content: [] } }));
    const { text } = await resume(alice);
    expect(text).not.toContain('"result"');
  });

  it('is decided by the current policy', async () => {
    const before = await client('carol', 'up-g', { level: 1 });
    mcp.upstream.respond = streams('id: g1\ndata:\n\n');
    await post(port, tool('leveled', 7), before);
    mcp.upstream.respond = streams(event(textResult({ id: 7 }, 'fine')));
    const token = await mcp.issuer.sign({ sub: 'carol', level: 2 });
    expect((await resume(before, 'g1')).text).toContain('"code":-32001');
    expect((await resume({ ...before, token }, 'g1')).text).toContain('fine');
  });

  it('is filtered as a list when its call requested a list', async () => {
    const alice = await client('alice', 'up-h');
    mcp.upstream.respond = streams('id: h1\ndata:\n\n');
    await post(port, call('tools/list', {}, 9), alice);
    mcp.upstream.respond = streams(event(result({ id: 9 }, { tools: [{ name: 'a' }, { name: 'secret' }] })));
    const { text } = await resume(alice, 'h1');
    expect([text.includes('"a"'), text.includes('secret')]).toEqual([true, false]);
  });

  it("passes as it is when it is the server's error", async () => {
    const alice = await client('alice', 'up-i');
    const error = { jsonrpc: '2.0', id: 99, error: { code: -32002, message: 'm', data: { a: 1 } } };
    mcp.upstream.respond = streams(event(error));
    expect((await resume(alice)).text).toBe(event(error));
  });
});

describe('an id that a session uses again', () => {
  it('gives the client no undecided result, although both calls use the id', async () => {
    const alice = await client('alice', 'up-j');
    const upstreamStream = new Promise<ServerResponse>((resolve) => {
      mcp.upstream.respond = (_request, response) => resolve(stream(response));
    });
    const first = await begin(port, tool('x', 5), alice);
    const open = await upstreamStream;
    mcp.upstream.respond = streams(event(textResult({ id: 5 }, 'classified')));
    const { text } = await post(port, call('ping', undefined, 5), alice);
    expect(text).toContain('"code":-32001');
    expect(text).not.toContain('"classified"');
    const closed = once(open, 'close');
    first.destroy();
    await closed;
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'classified'));
    expect((await post(port, call('ping', undefined, 5), alice)).json()).toMatchObject({
      error: { code: -32001 },
    });
  });

  it('may be used again after the response to its call', async () => {
    const alice = await client('alice', 'up-k');
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'fine'));
    await post(port, tool('x', 5), alice);
    const pong = { jsonrpc: '2.0', id: 5, result: { anything: 'classified' } };
    mcp.upstream.respond = (_request, response) => reply(response, pong);
    expect((await post(port, call('ping', undefined, 5), alice)).json()).toEqual(pong);
  });

  it('may repeat without a session: every call has its own connection', async () => {
    const upstreamStream = new Promise<ServerResponse>((resolve) => {
      mcp.upstream.respond = (_request, response) => resolve(stream(response));
    });
    const first = await begin(port, tool('x', 5));
    const out = await upstreamStream;
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, { tools: [] }));
    expect((await post(port, call('tools/list', {}, 5))).json()).toMatchObject({ result: { tools: [] } });
    out.end(event(textResult({ id: 5 }, 'fine')));
    let text = '';
    for await (const part of first) text += String(part);
    expect(text).toContain('fine');
  });
});

it('a second standing stream is for the upstream to refuse', async () => {
  const alice = await client('alice', 'up-l');
  mcp.upstream.respond = (_request, response) => stream(response).write(': open\n\n');
  const first = await open(port, { path: '/mcp/up', token: alice.token, headers: alice.headers });
  const text = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Conflict"},"id":null}';
  mcp.upstream.respond = (_request, response) => reply(response, text, 409);
  expect(await resume(alice)).toMatchObject({ status: 409, text });
  first.destroy();
});
