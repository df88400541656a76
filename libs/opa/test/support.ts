import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import type { KeyPair } from './support/certificates.js';

/** A server in the process of the test, with its open connections. */
export interface TestServer {
  readonly url: string;
  readonly open: ReadonlySet<Socket>;
  readonly opened: () => number;
  close(): Promise<void>;
}

async function listening(server: Server): Promise<TestServer> {
  const open = new Set<Socket>();
  let opened = 0;
  server.on('connection', (socket: Socket) => {
    opened += 1;
    open.add(socket);
    socket.on('error', () => open.delete(socket)).once('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open,
    opened: () => opened,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** A fake OPA that speaks HTTP. */
export const httpServer = (listener: RequestListener): Promise<TestServer> =>
  listening(createServer(listener));

/** A fake OPA on a plain TCP socket. */
export const tcpServer = (listener: (socket: Socket) => void): Promise<TestServer> =>
  listening(createTcpServer(listener));

/** A fake OPA on a TLS socket. */
export async function tlsServer(pair: KeyPair, listener: (socket: TLSSocket) => void): Promise<TestServer> {
  const server = await listening(
    createTlsServer({ ...pair }, (socket) => listener(socket.on('error', () => undefined))),
  );
  return { ...server, url: server.url.replace('http:', 'https:') };
}
