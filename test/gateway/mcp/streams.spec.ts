import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { open, send } from '../support/client.js';
import { begin, call, modern, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { event, reply, result, said, stream } from './support/scripted-server.js';
import type { Got } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let mcp: McpGateway;
let port: number;
beforeAll(async () => {
  mcp = await startMcpGateway(cleanup);
  port = mcp.gateway.port;
});

const progress = {
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: 1, progress: 1 },
};

/** Has the upstream answer with a stream that the test writes; gives the stream of the next request. */
function nextStream(): Promise<{ got: Got; out: ServerResponse }> {
  return new Promise((resolve) => {
    mcp.upstream.answer = (got, response) => resolve({ got, out: stream(response) });
  });
}

async function chunk(message: IncomingMessage): Promise<string> {
  const [data] = (await once(message, 'data')) as [Buffer];
  return data.toString();
}

async function rest(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of message) text += String(part);
  return text;
}

const whole = async (
  text: (message: Got['message']) => string,
  body: unknown = tool('x'),
): Promise<string> => {
  mcp.upstream.answer = ({ message }, response) => stream(response).end(text(message));
  return (await post(port, body)).text;
};

describe('a stream', () => {
  it('passes each event as it comes', async () => {
    const upstream = nextStream();
    const answering = begin(port, tool('x'));
    const { got, out } = await upstream;
    const answer = await answering;
    expect(answer.headers['content-type']).toBe('text/event-stream');
    for (const sent of [event(progress), ': keep-alive\n\n', 'id: p\nretry: 10\ndata:\n\n']) {
      const arrived = chunk(answer);
      out.write(sent);
      expect(await arrived).toBe(sent);
    }
    out.end(event(said(got.message, 'end')));
    expect(await rest(answer)).toContain('"text":"end"');
  });

  it('keeps ids, types and retry, leaves out what is no field, and splits where the standard does', async () => {
    const text = (message: Got['message']) =>
      `id: 0\nretry: 500\ndata:\n\nevent: message\r\nid: 1\r\ndata: ${JSON.stringify(progress)}\r\n\r\n` +
      `id: 2\rx: y\rdata: {"jsonrpc":"2.0","id":${String(message['id'])},"result":{"content":[]}}\r\r`;
    expect(await whole(text)).toBe(text({ id: 1 }).replace(/\r\n?/g, '\n').replace('x: y\n', ''));
  });

  it('has its result decided, and nothing else', async () => {
    const text = await whole((message) => event(progress, '1') + event(said(message, 'password'), '2'));
    expect(text.startsWith(event(progress, '1') + 'id: 2\n')).toBe(true);
    expect(text).not.toContain('password');
    const denied = await whole((message) => event(progress) + event(said(message, 'classified'), '7'));
    expect(denied).toMatch(/\n\nid: 7\ndata: \{"jsonrpc":"2.0","id":1,"error":\{"code":-32001/);
    expect(denied).not.toContain('"classified"');
  });

  it('whose result hides behind an event type, or comes in parts, is decided all the same', async () => {
    const parts = (message: Got['message']) =>
      event(said(message, 'classified'))
        .replace('data: {', 'event: other\ndata: {')
        .replace('"result"', '\ndata: "result"');
    expect(await whole(parts)).not.toContain('"classified"');
  });

  it('with a list has it filtered', async () => {
    const tools = [{ name: 'a' }, { name: 'secret' }];
    expect(await whole((message) => event(result(message, { tools })), call('tools/list'))).not.toContain(
      'secret',
    );
  });

  it('with what no server may send ends with an error', async () => {
    for (const wrong of ['[]', 'nonsense', '{"jsonrpc":"2.0","id":1}']) {
      const text = await whole(() => `data: ${wrong}\n\n`);
      expect(text).toMatch(/^data: \{"jsonrpc":"2.0","id":1,"error":\{"code":-32603/);
    }
  });

  it('answers no other call', async () => {
    const text = await whole((message) => event(said({ id: 99 }, 'stray')) + event(said(message, 'own')));
    expect(text).toMatch(/"id":99,"error":\{"code":-32603[^]*"text":"own"/);
    expect(text).not.toContain('stray');
  });

  it('that ends before its result ends so', async () => {
    expect(await whole(() => event(progress, '1'))).toBe(event(progress, '1'));
  });

  it('that breaks off ends with an error, unless the client can resume it', async () => {
    const cut = (sent: string) => (_got: Got, response: ServerResponse) =>
      stream(response).write(sent, () => response.socket?.destroy());
    mcp.upstream.answer = cut(event(progress));
    expect((await post(port, tool('x'))).text).toMatch(/"id":1,"error":\{"code":-32603/);
    mcp.upstream.answer = cut(event(progress, '1'));
    await expect(post(port, tool('x'))).rejects.toThrow();
  });

  it('may have a large result', async () => {
    const big = 'x'.repeat(5 << 20);
    expect((await whole((message) => event(said(message, big)))).length).toBeGreaterThan(5 << 20);
    expect(await whole((message) => event(said(message, 'x'.repeat(17 << 20))))).toMatch(
      /"error":\{"code":-32603/,
    );
  });

  it('lets a client answer the server while its call is open', async () => {
    const upstream = nextStream();
    const answering = begin(port, tool('x'));
    const { got, out } = await upstream;
    const answer = await answering;
    const asked = { jsonrpc: '2.0', id: 's1', method: 'sampling/createMessage', params: {} };
    const arrived = chunk(answer);
    out.write(event(asked));
    expect(await arrived).toBe(event(asked));
    const reached = new Promise<Got>((resolve) => {
      mcp.upstream.answer = (told, response) => {
        response.writeHead(202).end();
        resolve(told);
      };
    });
    const told = result(asked, { role: 'assistant' });
    expect(await post(port, told)).toMatchObject({ status: 202, text: '' });
    expect((await reached).message).toEqual(told);
    out.end(event(said(got.message, 'end')));
    expect(await rest(answer)).toContain('"text":"end"');
  });
});

describe('a client that goes away', () => {
  it.each([
    ['during a stream', true],
    ['before the answer', false],
  ])("%s ends the upstream's call at once", async (_name, streams) => {
    const asked = new Promise<ServerResponse>((resolve) => {
      mcp.upstream.answer = (_got, response) => resolve(streams ? stream(response) : response);
    });
    const abort = new AbortController();
    const answer = fetch(`http://127.0.0.1:${port}/mcp/up`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(tool('x')),
      signal: abort.signal,
    });
    answer.catch(() => undefined);
    const response = await asked;
    if (streams) await answer;
    const closed = once(response, 'close');
    abort.abort();
    await closed;
    expect(response.writableFinished).toBe(false);
  });

  it('ends subscriptions/listen too', async () => {
    const upstream = nextStream();
    const answering = open(port, { path: '/mcp/up', method: 'POST', ...modern('subscriptions/listen') });
    const { out } = await upstream;
    const answer = await answering;
    const closed = once(out, 'close');
    answer.destroy();
    await closed;
    expect(out.writableFinished).toBe(false);
  });
});

describe('GET', () => {
  it("opens a standing stream, whose status is the upstream's", async () => {
    const upstream = nextStream();
    const answering = open(port, { path: '/mcp/up', headers: { accept: 'text/event-stream' } });
    const { out } = await upstream;
    const answer = await answering;
    const arrived = chunk(answer);
    out.write(event(progress, '1'));
    expect(await arrived).toBe(event(progress, '1'));
    answer.destroy();
    for (const status of [405, 409]) {
      mcp.upstream.answer = (_got, response) => reply(response, '', status);
      expect(await send(port, { path: '/mcp/up' })).toMatchObject({ status });
    }
  });

  it("resumes only what its subject was sent, and decides what it brings as its call's", async () => {
    const alice = await mcp.issuer.sign({ sub: 'alice' });
    const bob = await mcp.issuer.sign({ sub: 'bob' });
    mcp.upstream.answer = (_got, response) => stream(response).end('id: alice-1\ndata:\n\n');
    await post(port, tool('x', 'call-1'), { token: alice });
    mcp.upstream.answer = (_got, response) =>
      stream(response).end(
        event(said({ id: 'call-1' }, 'classified'), 'alice-2') +
          event(said({ id: 'other' }, 'stray'), 'alice-3'),
      );
    const before = mcp.upstream.got.length;
    const headers = { 'last-event-id': 'alice-1' };
    expect(await send(port, { path: '/mcp/up', headers, token: bob })).toMatchObject({ status: 404 });
    expect(await send(port, { path: '/mcp/up', headers })).toMatchObject({ status: 404 });
    expect(mcp.upstream.got).toHaveLength(before);
    const { text } = await send(port, { path: '/mcp/up', headers, token: alice });
    expect(mcp.upstream.got.at(-1)?.headers['last-event-id']).toBe('alice-1');
    expect(text).toMatch(/id: alice-2\ndata: .*"code":-32001.*\n\nid: alice-3\ndata: .*"code":-32603/);
    expect(text).not.toMatch(/"classified"|stray/);
  });

  it('lets no later call with the same id speak for an earlier one', async () => {
    const token = await mcp.issuer.sign({ sub: 'carol' });
    mcp.upstream.answer = (_got, response) => stream(response).end('id: carol-1\ndata:\n\n');
    await post(port, tool('x', 5), { token });
    mcp.upstream.answer = ({ message }, response) => reply(response, result(message, {}));
    await post(port, call('completion/complete', { ref: { type: 'ref/prompt', name: 'p' } }, 5), { token });
    mcp.upstream.answer = (_got, response) => stream(response).end(event(said({ id: 5 }, 'classified')));
    const answer = await send(port, { path: '/mcp/up', headers: { 'last-event-id': 'carol-1' }, token });
    expect(answer.text).toContain('"code":-32001');
  });
});
