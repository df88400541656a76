import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { PublicUrl } from 'nestjs-opa-mcp/internal';
import { upstreamSchema } from '../../src/config/upstream.schema.js';
import { sendToUpstream } from '../../src/rest/send.js';
import type { UpstreamRequest } from '../../src/rest/send.js';
import { Upstream } from '../../src/rest/upstream.js';
import { Cleanup } from './support/cleanup.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let upstream: Upstream;
let connections: Socket[] = [];
let received: string[] = [];

beforeAll(async () => {
  const server = cleanup.add(
    createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        received.push(`${request.method ?? ''} ${body}`);
        response.end();
      });
    }),
    (opened) => opened.close(),
  );
  server.on('connection', (socket) => connections.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const entry = upstreamSchema.parse({ name: 'up', url });
  const settings = { policyHeaders: [], maxHeaderBytes: 16_384, publicUrl: new PublicUrl() };
  upstream = cleanup.add(new Upstream(entry, 'a/b', settings), (opened) => opened.close());
});

const send = (method: string, body?: PassThrough): Promise<number> => {
  const request: UpstreamRequest = {
    method,
    path: '/',
    headers: { host: 'up.example', ...(body !== undefined && { 'transfer-encoding': 'chunked' }) },
    body,
    trailers: () => [],
    isUpgrade: false,
    signal: new AbortController().signal,
  };
  return sendToUpstream(upstream, request).then(({ response }) => {
    response.resume();
    return response.statusCode ?? 0;
  });
};

const until = async (isDone: () => boolean): Promise<void> => {
  while (!isDone()) await setImmediate();
};

/** Opens a connection that the agent reuses, and begins a POST on the connection whose client has sent no body yet. */
beforeEach(async () => {
  connections = [];
  expect(await send('GET')).toBe(200);
  await until(() => Object.keys(upstream.connections.freeSockets).length > 0);
  received = [];
});

it('a POST whose body has not begun is sent once more when the upstream closes the reused connection', async () => {
  const body = new PassThrough();
  const status = send('POST', body);
  await until(() => Object.keys(upstream.connections.sockets).length > 0);
  connections.at(-1)?.destroy();
  await until(() => connections.length > 1);
  body.end('order');
  expect(await status).toBe(200);
  expect(received).toEqual(['POST order']);
});

it.each(['POST', 'GET'])('a %s whose body has begun is not sent again', async (method) => {
  const body = new PassThrough();
  const status = send(method, body);
  const connection = connections.at(-1);
  const hasBegun = new Promise((resolve) => connection?.once('data', resolve));
  body.write('or');
  await hasBegun;
  connection?.destroy();
  await expect(status).rejects.toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) });
  body.end('der');
  expect(connections).toHaveLength(1);
});
