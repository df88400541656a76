import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { rawConnection } from './support/raw.js';
import { Routes } from './support/routes.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const routes = new Routes();
let gateway: GatewayProcess;
/** Where the next request of the upstream's silent route goes. */
let arrived: (response: ServerResponse) => void = () => undefined;
let count = 0;

const begun = routes.add((_request, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('begun');
});
const silent = routes.add((_request, response) => {
  count++;
  arrived(response);
});
const fast = routes.add((_request, response) => response.end('done'));

beforeAll(async () => {
  const entries = (url: string) => [{ name: 'slow', url, timeout: 600_000 }];
  ({ gateway } = await startOpenGateway(cleanup, routes.handle, entries, {
    listen: { requestTimeout: 500 },
  }));
});

const get = (path: string) => `GET /api/slow${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const reached = () => new Promise<ServerResponse>((resolve) => (arrived = resolve));

describe('an unreadable request behind pipelined requests', () => {
  const UNREADABLE = { 'no HTTP': 'garbage\r\n\r\n', 'a request that does not arrive': 'GET /' };

  it.each(Object.entries(UNREADABLE))(
    '%s gets no response: the client could take it for the response to an earlier request',
    async (_, text) => {
      for (const before of [[begun, silent], [begun], [silent]]) {
        const connection = await rawConnection(gateway.port);
        for (const path of before) {
          const silence = path === silent ? reached() : undefined;
          connection.socket.write(get(path));
          await (silence ?? connection.until(/begun/));
        }
        connection.socket.write(text);
        const received = await connection.closed;
        expect(received.replace(/^HTTP\/1.1 200 OK\r\n.*?\r\n\r\nbegun$/s, '')).toBe('');
      }
    },
  );

  it.each([
    ['no HTTP', 'garbage\r\n\r\n', 400],
    ['a request that does not arrive', 'GET /', 408],
  ])('%s gets its error after the responses to the earlier requests', async (_, text, status) => {
    const connection = await rawConnection(gateway.port, get(fast) + get(fast));
    await connection.until(/done.*done/s);
    connection.socket.write(text);
    const received = await connection.closed;
    expect(received.match(/HTTP\/1.1 \d+/g)).toEqual(
      ['200', '200', status].map((statusCode) => `HTTP/1.1 ${statusCode}`),
    );
  });
});

it('a client that closes its connection aborts each of its requests', async () => {
  const connection = await rawConnection(gateway.port);
  const responses: ServerResponse[] = [];
  for (let i = 0; i < 3; i++) {
    const next = reached();
    connection.socket.write(get(silent));
    responses.push(await next);
  }
  const disconnected = responses.map((response) => once(response, 'close'));
  connection.socket.destroy();
  await expect(Promise.all(disconnected)).resolves.toHaveLength(3);
});

it('the gateway closes a connection that pipelines too many requests', async () => {
  arrived = () => undefined;
  count = 0;
  const connection = await rawConnection(gateway.port, get(silent).repeat(5_000));
  expect(await connection.closed).toBe('');
  // Answered by a process that has gone through all of them.
  expect((await send(gateway.port, { path: `/api/slow${fast}` })).text).toBe('done');
  expect(count).toBeLessThanOrEqual(100);
});
