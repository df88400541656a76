import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { open, send } from '../support/client.js';
import { begin, call, modern, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { event, reply, result, textResult, stream } from './support/scripted-server.js';
import type { UpstreamRequest } from './support/scripted-server.js';

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

/** Makes the upstream respond with a stream that the test writes. Resolves with the next request and its stream. */
function nextUpstreamStream(): Promise<{ request: UpstreamRequest; out: ServerResponse }> {
  return new Promise((resolve) => {
    mcp.upstream.respond = (received, response) => resolve({ request: received, out: stream(response) });
  });
}

async function chunk(message: IncomingMessage): Promise<string> {
  const [data] = (await once(message, 'data')) as [Buffer];
  return data.toString();
}

async function remainingText(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of message) text += String(part);
  return text;
}

const clientText = async (
  text: (message: UpstreamRequest['message']) => string,
  body: unknown = tool('x'),
): Promise<string> => {
  mcp.upstream.respond = ({ message }, response) => stream(response).end(text(message));
  return (await post(port, body)).text;
};

describe('a stream', () => {
  it('passes each event at once', async () => {
    const upstream = nextUpstreamStream();
    const pending = begin(port, tool('x'));
    const { request, out } = await upstream;
    const response = await pending;
    expect(response.headers['content-type']).toBe('text/event-stream');
    for (const sent of [event(progress), ': keep-alive\n\n', 'id: p\nretry: 10\ndata:\n\n']) {
      const arrived = chunk(response);
      out.write(sent);
      expect(await arrived).toBe(sent);
    }
    out.end(event(textResult(request.message, 'end')));
    expect(await remainingText(response)).toContain('"text":"end"');
  });

  it('passes ids, types and retry, removes lines that are no fields, and accepts every line ending of the standard', async () => {
    const text = (message: UpstreamRequest['message']) =>
      `id: 0\nretry: 500\ndata:\n\nevent: message\r\nid: 1\r\ndata: ${JSON.stringify(progress)}\r\n\r\n` +
      `id: 2\rx: y\rdata: {"jsonrpc":"2.0","id":${String(message['id'])},"result":{"content":[]}}\r\r`;
    expect(await clientText(text)).toBe(text({ id: 1 }).replace(/\r\n?/g, '\n').replace('x: y\n', ''));
  });

  it('has a decided result, and its notifications pass without a decision', async () => {
    const text = await clientText(
      (message) => event(progress, '1') + event(textResult(message, 'password'), '2'),
    );
    expect(text.startsWith(event(progress, '1') + 'id: 2\n')).toBe(true);
    expect(text).not.toContain('password');
    const denied = await clientText(
      (message) => event(progress) + event(textResult(message, 'classified'), '7'),
    );
    expect(denied).toMatch(/\n\nid: 7\ndata: \{"jsonrpc":"2.0","id":1,"error":\{"code":-32001/);
    expect(denied).not.toContain('"classified"');
  });

  it('is decided also when its result has another event type or several data lines', async () => {
    const parts = (message: UpstreamRequest['message']) =>
      event(textResult(message, 'classified'))
        .replace('data: {', 'event: other\ndata: {')
        .replace('"result"', '\ndata: "result"');
    expect(await clientText(parts)).not.toContain('"classified"');
  });

  it('has a filtered list', async () => {
    const tools = [{ name: 'a' }, { name: 'secret' }];
    expect(
      await clientText((message) => event(result(message, { tools })), call('tools/list')),
    ).not.toContain('secret');
  });

  it('with an invalid message ends with an error', async () => {
    for (const invalid of ['[]', 'nonsense', '{"jsonrpc":"2.0","id":1}']) {
      const text = await clientText(() => `data: ${invalid}\n\n`);
      expect(text).toMatch(/^data: \{"jsonrpc":"2.0","id":1,"error":\{"code":-32603/);
    }
  });

  it('gets an error in place of a result for another call', async () => {
    const text = await clientText(
      (message) => event(textResult({ id: 99 }, 'stray')) + event(textResult(message, 'own')),
    );
    expect(text).toMatch(/"id":99,"error":\{"code":-32603[^]*"text":"own"/);
    expect(text).not.toContain('stray');
  });

  it('that ends before its result ends the stream of the client', async () => {
    expect(await clientText(() => event(progress, '1'))).toBe(event(progress, '1'));
  });

  it('that is cut off ends with an error, unless the client can resume the stream', async () => {
    const cut = (sent: string) => (_request: UpstreamRequest, response: ServerResponse) =>
      stream(response).write(sent, () => response.socket?.destroy());
    mcp.upstream.respond = cut(event(progress));
    expect((await post(port, tool('x'))).text).toMatch(/"id":1,"error":\{"code":-32603/);
    mcp.upstream.respond = cut(event(progress, '1'));
    await expect(post(port, tool('x'))).rejects.toThrow();
  });

  it('may have a large result', async () => {
    const big = 'x'.repeat(5 << 20);
    expect((await clientText((message) => event(textResult(message, big)))).length).toBeGreaterThan(5 << 20);
    expect(await clientText((message) => event(textResult(message, 'x'.repeat(17 << 20))))).toMatch(
      /"error":\{"code":-32603/,
    );
  });

  it('lets a client respond to a request of the server during the call', async () => {
    const upstream = nextUpstreamStream();
    const pending = begin(port, tool('x'));
    const { request, out } = await upstream;
    const response = await pending;
    const serverRequest = { jsonrpc: '2.0', id: 's1', method: 'sampling/createMessage', params: {} };
    const arrived = chunk(response);
    out.write(event(serverRequest));
    expect(await arrived).toBe(event(serverRequest));
    const reached = new Promise<UpstreamRequest>((resolve) => {
      mcp.upstream.respond = (received, response) => {
        response.writeHead(202).end();
        resolve(received);
      };
    });
    const clientResult = result(serverRequest, { role: 'assistant' });
    expect(await post(port, clientResult)).toMatchObject({ status: 202, text: '' });
    expect((await reached).message).toEqual(clientResult);
    out.end(event(textResult(request.message, 'end')));
    expect(await remainingText(response)).toContain('"text":"end"');
  });
});

describe('a client that disconnects', () => {
  it.each([
    ['during a stream', true],
    ['before the response', false],
  ])("%s ends the upstream's call at once", async (_name, streams) => {
    const upstreamResponse = new Promise<ServerResponse>((resolve) => {
      mcp.upstream.respond = (_request, response) => resolve(streams ? stream(response) : response);
    });
    const abort = new AbortController();
    const call = fetch(`http://127.0.0.1:${port}/mcp/up`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(tool('x')),
      signal: abort.signal,
    });
    call.catch(() => undefined);
    const response = await upstreamResponse;
    if (streams) await call;
    const closed = once(response, 'close');
    abort.abort();
    await closed;
    expect(response.writableFinished).toBe(false);
  });

  it("ends the upstream's subscriptions/listen at once", async () => {
    const upstream = nextUpstreamStream();
    const pending = open(port, { path: '/mcp/up', method: 'POST', ...modern('subscriptions/listen') });
    const { out } = await upstream;
    const response = await pending;
    const closed = once(out, 'close');
    response.destroy();
    await closed;
    expect(out.writableFinished).toBe(false);
  });
});

describe('GET', () => {
  it("opens the stream of the upstream, or gets the upstream's status", async () => {
    const upstream = nextUpstreamStream();
    const pending = open(port, { path: '/mcp/up', headers: { accept: 'text/event-stream' } });
    const { out } = await upstream;
    const response = await pending;
    const arrived = chunk(response);
    out.write(event(progress, '1'));
    expect(await arrived).toBe(event(progress, '1'));
    response.destroy();
    for (const status of [405, 409]) {
      mcp.upstream.respond = (_request, response) => reply(response, '', status);
      expect(await send(port, { path: '/mcp/up' })).toMatchObject({ status });
    }
  });

  it('resumes only a stream of the same subject, and decides its results by their calls', async () => {
    const alice = await mcp.issuer.sign({ sub: 'alice' });
    const bob = await mcp.issuer.sign({ sub: 'bob' });
    mcp.upstream.respond = (_request, response) => stream(response).end('id: alice-1\ndata:\n\n');
    await post(port, tool('x', 'call-1'), { token: alice });
    mcp.upstream.respond = (_request, response) =>
      stream(response).end(
        event(textResult({ id: 'call-1' }, 'classified'), 'alice-2') +
          event(textResult({ id: 'other' }, 'stray'), 'alice-3'),
      );
    const before = mcp.upstream.requests.length;
    const headers = { 'last-event-id': 'alice-1' };
    expect(await send(port, { path: '/mcp/up', headers, token: bob })).toMatchObject({ status: 404 });
    expect(await send(port, { path: '/mcp/up', headers })).toMatchObject({ status: 404 });
    expect(mcp.upstream.requests).toHaveLength(before);
    const { text } = await send(port, { path: '/mcp/up', headers, token: alice });
    expect(mcp.upstream.requests.at(-1)?.headers['last-event-id']).toBe('alice-1');
    expect(text).toMatch(/id: alice-2\ndata: .*"code":-32001.*\n\nid: alice-3\ndata: .*"code":-32603/);
    expect(text).not.toMatch(/"classified"|stray/);
  });

  it('decides a resumed result by its own call, not by a later call with the same id', async () => {
    const token = await mcp.issuer.sign({ sub: 'carol' });
    mcp.upstream.respond = (_request, response) => stream(response).end('id: carol-1\ndata:\n\n');
    await post(port, tool('x', 5), { token });
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, {}));
    await post(port, call('completion/complete', { ref: { type: 'ref/prompt', name: 'p' } }, 5), { token });
    mcp.upstream.respond = (_request, response) =>
      stream(response).end(event(textResult({ id: 5 }, 'classified')));
    const response = await send(port, { path: '/mcp/up', headers: { 'last-event-id': 'carol-1' }, token });
    expect(response.text).toContain('"code":-32001');
  });
});
