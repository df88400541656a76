import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { rawConnection } from './support/raw.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
let gateway: GatewayProcess;
let requests: string[] = [];
/** What the server does with a request: the number of requests on the connection, and the connection. */
let respond: (count: number, socket: Socket) => void;

beforeAll(async () => {
  const server = createServer((socket) => {
    let count = 0;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      requests.push(chunk.toString('latin1').split(' ')[0] ?? '');
      respond(++count, socket);
    });
  });
  cleanup.add(server, (used) => used.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const entries = () => [{ name: 'raw', url, timeout: 2_000 }];
  ({ gateway } = await startOpenGateway(cleanup, () => undefined, entries));
});

beforeEach(() => {
  requests = [];
});

const call = async (method = 'GET', body?: string) =>
  (await send(gateway.port, { path: '/api/raw/x', method, ...(body !== undefined && { body }) })).status;

/** Makes the gateway keep a connection on which the server has answered once. */
async function keepConnection(then: (socket: Socket) => void): Promise<void> {
  respond = (count, socket) => {
    if (count === 1) socket.write(RESPONSE);
    else then(socket);
  };
  expect(await call()).toBe(200);
  requests = [];
}

it.each([
  ['ends each connection', (socket: Socket) => socket.end(RESPONSE)],
  ['resets each connection', (socket: Socket) => socket.write(RESPONSE, () => socket.resetAndDestroy())],
  [
    'ends each connection later',
    (socket: Socket) => socket.write(RESPONSE, () => setImmediate(() => socket.end())),
  ],
])('an upstream that %s fails no GET of 150', async (_what, end) => {
  respond = (_count, socket) => void end(socket);
  const statuses: number[] = [];
  for (let i = 0; i < 150; i++) statuses.push(await call());
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
});

it.each(['GET', 'HEAD'])('sends %s once more after a reset of a reused connection', async (method) => {
  await keepConnection((socket) => socket.resetAndDestroy());
  expect(await call(method)).toBe(200);
  expect(requests).toEqual([method, method]);
});

it.each([
  ['POST', 'body'],
  ['PUT', 'body'],
  ['POST', undefined],
  ['DELETE', undefined],
])('sends %s once only, with the body %s', async (method, body) => {
  await keepConnection((socket) => socket.resetAndDestroy());
  expect(await call(method, body)).toBe(502);
  expect(requests).toEqual([method]);
});

it('sends no request again whose response has begun', async () => {
  await keepConnection((socket) => socket.write('HTTP/1.1 200', () => socket.resetAndDestroy()));
  expect(await call()).toBe(502);
  expect(requests).toEqual(['GET']);
});

it('sends no request again after a timeout', async () => {
  await keepConnection(() => undefined);
  expect(await call()).toBe(504);
  expect(requests).toEqual(['GET']);
});

it('closes the connection of an early response when the client disconnects before the end of its body', async () => {
  const closed = new Promise<void>((resolve) => {
    respond = (count, socket) => {
      if (count > 1) return;
      socket.on('close', () => resolve());
      socket.write(RESPONSE);
    };
  });
  const text = 'POST /api/raw/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nbody';
  const { until, socket } = await rawConnection(gateway.port, text);
  await until(/ok$/);
  socket.destroy();
  await closed;
});

it('sends no request again on a new connection', async () => {
  respond = (_count, socket) => socket.resetAndDestroy();
  expect(await call()).toBe(502);
  expect(requests).toEqual(['GET']);
});
