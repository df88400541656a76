import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { open, send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { rawConnection } from './support/raw.js';
import { Routes } from './support/routes.js';
import { AUDIENCE, ISSUER, startIssuer } from './support/tokens.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const routes = new Routes();
let gateway: GatewayProcess;
/** Where a token is needed. */
let closed: GatewayProcess;
/** Where a request may take its time, but not much memory. */
let small: GatewayProcess;

/** An upstream of both kinds: it answers once it has the whole body. */
const RESULT = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [] } });
/** Where the answer that is to wait goes. */
let held: ((response: ServerResponse) => void) | undefined;
const path = routes.add((request, response) => {
  request.resume().on('end', () => {
    if (held !== undefined) held(response);
    else response.setHeader('content-type', 'application/json').end(RESULT);
  });
});

const REQUEST_TIMEOUT_MS = 500;
const MAX_BUFFERED = 4_000;

beforeAll(async () => {
  const issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  const auth = { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE };
  const listen = { requestTimeout: REQUEST_TIMEOUT_MS };
  const mcp = (url: string) => [{ name: 'up', url: `${url}${path}`, policy: 'test/open' }];
  const start = async (others: object) =>
    (await startOpenGateway(cleanup, routes.handle, undefined, { mcp, listen, ...others })).gateway;
  [gateway, closed, small] = await Promise.all([
    start({}),
    start({ auth }),
    start({ listen: { maxBufferedBytes: MAX_BUFFERED } }),
  ]);
});

const head = (target: string, length: number, more = ''): string =>
  `POST ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${length}\r\n${more}\r\n`;

describe('a request that does not arrive in time', () => {
  const UNFINISHED: [string, string][] = [
    ['nothing at all', ''],
    ['a part of the first line', 'GET /api'],
    ['a part of the headers', 'GET /api/up HTTP/1.1\r\nHost: 127.0.0.1\r\n'],
    ['a part of a body for an upstream', `${head('/api/up/0', 100)}{"a":`],
    [
      'a part of a body without a length',
      `${head('/api/up/0', 100).replace(/Content-Length: 100/, 'Transfer-Encoding: chunked')}3\r\nabc\r\n`,
    ],
    ['no body for an upstream', head('/api/up/0', 100)],
    ['a part of a message for an MCP server', `${head('/mcp/up', 100)}{"jsonrpc":`],
    ['a part of a message that is refused', `${head('/mcp/up', 100, 'Content-Encoding: gzip\r\n')}abc`],
    ['a part of a message that is too large', `${head('/mcp/up', 1_000_000_000)}abc`],
  ];

  it.concurrent.each(UNFINISHED)(
    'gets 408, and the gateway closes its connection: %s',
    async (_what, text) => {
      const connection = await rawConnection(gateway.port, text);
      const [, responseHead = '', body = ''] = /^(.*?)\r\n\r\n(.*)$/s.exec(await connection.closed) ?? [];
      expect(responseHead).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
      expect(JSON.parse(body)).toMatchObject({ statusCode: 408, error: 'Request Timeout' });
    },
  );

  it.concurrent.each([
    ['without a token', () => closed.port, `${head('/api/up/0', 100)}abc`, 401],
    ['to an MCP server without a token', () => closed.port, `${head('/mcp/up', 100)}abc`, 401],
    ['to nowhere', () => gateway.port, `${head('/nowhere', 100)}abc`, 404],
    ['with a path that is refused', () => gateway.port, `${head('/api/up/../x', 100)}abc`, 400],
  ])(
    'gets one response when it was refused before, and the connection closes: %s',
    async (_what, port, text, status) => {
      const received = await (await rawConnection(port(), text)).closed;
      expect(received.match(/HTTP\/1.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
    },
  );

  it.concurrent(
    'is closed in the middle of a response, and no byte follows that could be read as a part of it',
    async () => {
      const early = routes.add((_request, response) => response.write('begun'));
      const connection = await rawConnection(gateway.port, `${head(`/api/up${early}`, 100)}abc`);
      const received = await connection.closed;
      expect(received).toMatch(/^HTTP\/1.1 200 OK\r\n/);
      expect(received).toMatch(/\r\n\r\n5\r\nbegun\r\n$/);
    },
  );

  it('does not end other requests: a response may take any time', async () => {
    let finish: () => void = () => undefined;
    const path = routes.add((_request, response) => {
      response.write('first');
      finish = () => response.end(', last');
    });
    const message = await open(gateway.port, { path: `/api/up${path}` });
    // Two of them, one after the other, take longer than a request may.
    for (let i = 0; i < 2; i++) await (await rawConnection(gateway.port, head('/api/up/0', 100))).closed;
    finish();
    let text = '';
    for await (const chunk of message) text += String(chunk);
    expect(text).toBe('first, last');
  });

  it('does not close its connection when the next request is in time', async () => {
    const complete = head('/api/up/0', 3) + 'abc';
    const connection = await rawConnection(gateway.port, complete);
    await connection.until(/"content":\[\]/);
    connection.socket.write(complete.replace('Host:', 'Connection: close\r\nHost:'));
    expect((await connection.closed).match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
  });

  it('ends, also when there are 150 of them', async () => {
    const all = Array.from({ length: 150 }, async (_, index) => {
      const target = index % 2 === 0 ? '/api/up/0' : '/mcp/up';
      return (await rawConnection(gateway.port, `${head(target, 1_000)}{`)).closed;
    });
    for (const received of await Promise.all(all)) expect(received).toMatch(/^HTTP\/1.1 408 /);
  });
});

it('a request that is no HTTP is 400, one with too many headers 431', async () => {
  const malformed = await rawConnection(gateway.port, 'hello\r\n\r\n');
  expect(await malformed.closed).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
  const large = `GET /api/up HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
  expect(await (await rawConnection(gateway.port, large)).closed).toMatch(/^HTTP\/1.1 431 /);
});

describe('bytes of unfinished bodies in memory', () => {
  const message = (size: number): string => {
    const text = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'x', pad: '' },
    });
    return text.replace('"pad":""', `"pad":"${'x'.repeat(size - text.length)}"`);
  };
  const post = (size: number) =>
    send(small.port, {
      path: '/mcp/up',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: message(size),
    });

  it('are bounded: the gateway responds 503 above the bound, and serves the next request', async () => {
    const refused = await post(MAX_BUFFERED + 1);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    expect(refused.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32603 } });
    expect(await post(MAX_BUFFERED / 2)).toMatchObject({ status: 200 });
  });

  it('count until the body is complete or the client has disconnected', async () => {
    const size = 3_000;
    for (const end of ['whole', 'gone'] as const) {
      const text = message(size);
      const held = await rawConnection(small.port, head('/mcp/up', size) + text.slice(0, -1));
      let response = await post(size);
      // What was sent may not have arrived yet.
      for (let i = 0; i < 100 && response.status === 200; i++) response = await post(size);
      expect(response.status).toBe(503);
      if (end === 'whole') {
        held.socket.write('}');
        await held.until(/"content":\[\]/);
      }
      held.socket.destroy();
      await held.closed;
      for (let i = 0; i < 100 && response.status === 503; i++) response = await post(size);
      expect(response.status).toBe(200);
    }
  });

  it('count until the message has its response', async () => {
    const waiting = new Promise<ServerResponse>((resolve) => (held = resolve));
    const first = post(3_000);
    const response = await waiting;
    held = undefined;
    expect((await post(3_000)).status).toBe(503);
    response.setHeader('content-type', 'application/json').end(RESULT);
    expect((await first).status).toBe(200);
    expect((await post(3_000)).status).toBe(200);
  });

  it('count with what each piece of them costs', async () => {
    const text = message(500);
    const pieces = text.replace(/./g, '1\r\n$&\r\n');
    const request = head('/mcp/up', 0).replace('Content-Length: 0', 'Transfer-Encoding: chunked');
    const connection = await rawConnection(small.port, `${request}${pieces}0\r\n\r\n`);
    await connection.until(/\r\n\r\n/);
    expect(connection.received()).toMatch(/^HTTP\/1.1 503 /);
    connection.socket.destroy();
  });

  it('do not include bodies that stream to an upstream', async () => {
    const response = await send(small.port, { path: '/api/up/0', method: 'POST', body: message(100_000) });
    expect(response.status).toBe(200);
  });
});
