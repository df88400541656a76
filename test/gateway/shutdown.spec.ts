import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { open, send } from './support/client.js';
import { startGateway } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { startServer } from './support/upstream.js';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

it('exits with code 0 under load: requests that reached a handler get a response, and no connection stays open', async () => {
  const opa = await startServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json').end('{"result":true}');
    });
  });
  const reached = new Set<string>();
  const orders = await startServer((request, response) => {
    reached.add(request.url ?? '');
    setTimeout(() => response.end(request.url), 50);
  });
  for (const server of [opa, orders]) cleanup.add(server, ({ close }) => close());
  const upstreams = [{ name: 'orders', url: orders.url, policy: 'a/b' }];
  const gateway = cleanup.add(
    await startGateway({ opa: { url: opa.url, timeout: 10_000 }, upstreams }),
    ({ end }) => end(),
  );

  const completed = new Set<string>();
  const agent = cleanup.add(new Agent({ keepAlive: true }), (used) => used.destroy());
  let loaded: () => void = () => undefined;
  const underLoad = new Promise<void>((resolve) => (loaded = resolve));
  const loop = async (client: number) => {
    for (let index = 0; ; index++) {
      const path = `/${client}-${index}`;
      // A connection that isn't there any more: the request has reached nobody.
      const response = await send(gateway.port, { path: `/api/orders${path}`, agent }).catch(() => undefined);
      if (!response) return;
      expect([response.status, response.text]).toEqual([200, path]);
      completed.add(path);
      if (completed.size === 200) loaded();
    }
  };
  const clients = Array.from({ length: 20 }, (_, client) => loop(client));
  await underLoad;
  expect(await gateway.end('SIGTERM')).toBe(0);
  await Promise.all(clients);

  expect([...reached].filter((path) => !completed.has(path))).toEqual([]);
  expect([await opa.connections(), await orders.connections()]).toEqual([0, 0]);
});

it('completes a response that has begun on a keep-alive connection', async () => {
  const opa = await startServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"result":true}');
  });
  let finish: () => void = () => undefined;
  const orders = await startServer((_request, response) => {
    response.write('begun, ');
    finish = () => response.end('ended');
  });
  for (const server of [opa, orders]) cleanup.add(server, ({ close }) => close());
  const upstreams = [{ name: 'orders', url: orders.url, policy: 'a/b' }];
  const gateway = cleanup.add(
    await startGateway({ opa: { url: opa.url, timeout: 10_000 }, upstreams }),
    ({ end }) => end(),
  );

  const agent = cleanup.add(new Agent({ keepAlive: true }), (used) => used.destroy());
  const message = await open(gateway.port, { path: '/api/orders/1', agent });
  const ended = gateway.end('SIGINT');
  await refused(gateway.port);
  finish();
  let text = '';
  for await (const chunk of message) text += String(chunk);
  expect(text).toBe('begun, ended');
  expect(await ended).toBe(0);
});

it('does not wait for a connection that a client has opened in advance', async () => {
  const { gateway } = await startOpenGateway(cleanup, (_request, response) => response.end());
  const socket = cleanup.add(connect(gateway.port, '127.0.0.1'), (opened) => opened.destroy());
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  const ended = gateway.end().then(() => 'ended');
  const grace = AbortSignal.timeout(8_000);
  const timeout = once(grace, 'abort').then(() => 'cut off');
  expect(await Promise.race([ended, timeout])).toBe('ended');
  await closed;
});

/** Waits until the gateway takes no new connections. */
async function refused(port: number): Promise<void> {
  while (await send(port, { path: '/health/live' }).catch(() => undefined));
}
