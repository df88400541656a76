import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Handler } from './routes.js';

/** A server of the test: an upstream, or a stand-in for another part. */
export interface TestServer {
  readonly url: string;
  readonly server: Server;
  /** How many connections are open. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export async function startServer(handler: Handler): Promise<TestServer> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The order in every response of {@link startOrders}. */
export const ORDER = { id: 1001, item: 'tea', customer: { name: 'Ada', email: 'ada@example.com' } };

/** An upstream that responds to every request with the same order, and records method and path of each request. */
export async function startOrders(): Promise<TestServer & { requests: string[] }> {
  const requests: string[] = [];
  const server = await startServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(ORDER));
  });
  return { ...server, requests };
}
