import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { upstreamPool } from '../src/upstream/upstream-pool.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What the server does with a request that is not the first one of its connection. */
type Break = (socket: Socket) => void;

const close: Break = (socket) => void socket.end();
const reset: Break = (socket) => void socket.resetAndDestroy();
const beginThenClose: Break = (socket) => void socket.end('HTTP/1.1 200 O');
const stall: Break = () => undefined;

interface Case {
  name: string;
  method?: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  body?: string;
  breaks: Break;
  /** Whether the connection has carried a response before. Default: `true`. */
  isReused?: boolean;
  /** How many requests the server receives, without the request that opened the connection. */
  requests: number;
  fails?: string;
}

const CASES: Case[] = [
  { name: 'sends a GET again on a closed connection', breaks: close, requests: 2 },
  { name: 'sends a GET again on a reset connection', breaks: reset, requests: 2 },
  { name: 'sends a HEAD again', method: 'HEAD', breaks: reset, requests: 2 },
  {
    name: 'does not send a POST again',
    method: 'POST',
    body: '{}',
    breaks: reset,
    requests: 1,
    fails: 'ECONNRESET',
  },
  {
    name: 'does not send a DELETE again',
    method: 'DELETE',
    breaks: close,
    requests: 1,
    fails: 'UND_ERR_SOCKET',
  },
  {
    name: 'does not send a GET again on a new connection',
    breaks: reset,
    isReused: false,
    requests: 1,
    fails: 'ECONNRESET',
  },
  {
    name: 'does not send a GET again when a response has begun',
    breaks: beginThenClose,
    requests: 1,
    fails: 'UND_ERR_SOCKET',
  },
  {
    name: 'does not send a GET again after a timeout',
    breaks: stall,
    requests: 1,
    fails: 'UND_ERR_HEADERS_TIMEOUT',
  },
];

describe('upstreamPool', () => {
  it.each(CASES)(
    '$name',
    async ({ method = 'GET', body = null, breaks, isReused = true, requests, fails }) => {
      let received = 0;
      let isFirstConnection = true;
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        let respondsFirst = isReused || !isFirstConnection;
        const breaksLater = isFirstConnection;
        isFirstConnection = false;
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('data', (chunk) => {
          if (!String(chunk).includes('HTTP/1.1')) return;
          received += 1;
          const responds = respondsFirst || !breaksLater;
          respondsFirst = false;
          if (responds) socket.write(String(chunk).startsWith('HEAD') ? OK.slice(0, -2) : OK);
          else breaks(socket);
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const timeouts = { timeout: 1_000, headersTimeout: 1_000, bodyTimeout: 1_000, maxHeaderSize: 16_384 };
      const pool = upstreamPool(`http://127.0.0.1:${port}`, timeouts);
      try {
        if (isReused) {
          await (await pool.request({ method: 'GET', path: '/first' })).body.text();
          // The pool may reuse the connection only in a later round of the event loop.
          await setImmediate();
        }
        received = 0;
        const outcome = await pool.request({ method, path: '/', body }).then(
          async (response) => [response.statusCode, await response.body.text()],
          (error: unknown) => (error as NodeJS.ErrnoException).code,
        );
        expect(outcome).toEqual(fails ?? [200, method === 'HEAD' ? '' : 'ok']);
        expect(received).toBe(requests);
      } finally {
        await pool.destroy();
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  );
});
