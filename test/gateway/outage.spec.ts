import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import { startGateway } from './support/gateway-process.js';
import { startOpa, writePolicies } from './support/opa-process.js';
import { startOrders, startServer } from './support/upstream.js';
import { AUDIENCE, ISSUER, startIssuer } from './support/tokens.js';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

async function gatewayOn(opa: object, env: Record<string, string> = {}, auth?: object) {
  const orders = cleanup.add(await startOrders(), ({ close }) => close());
  const upstreams = [{ name: 'orders', url: orders.url, policy: 'test/open' }];
  const config = { opa, upstreams, ...(auth && { auth }) };
  return { orders, gateway: cleanup.add(await startGateway(config, env), ({ end }) => end()) };
}

describe('when OPA stops', () => {
  it('responds 503 and never 200, and recovers with OPA', async () => {
    const policies = cleanup.add(await writePolicies(), ({ remove }) => remove());
    const opa = cleanup.add(await startOpa(policies), ({ kill }) => kill());
    const { gateway, orders } = await gatewayOn({ url: opa.url });
    const getOrder = () => send(gateway.port, { path: '/api/orders/1' });
    const statuses: number[] = [];
    const askUntil = async (status: number) => {
      do statuses.push((await getOrder()).status);
      while (statuses.at(-1) !== status);
    };
    await askUntil(200);

    await Promise.all([opa.kill(), askUntil(503)]);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    const requestCount = orders.requests.length;
    const during = await Promise.all(Array.from({ length: 50 }, getOrder));
    expect(new Set(during.map(({ status }) => status))).toEqual(new Set([503]));
    expect(orders.requests).toHaveLength(requestCount);
    expect(during[0]?.json()).toEqual({
      statusCode: 503,
      error: 'Service Unavailable',
      message: expect.any(String),
    });
    expect(during[0]?.text).not.toContain(String(opa.port));
    expect(during[0]?.headers['retry-after']).toMatch(/^\d+$/);

    const ready = await send(gateway.port, { path: '/health/ready' });
    expect([ready.status, ready.json()]).toEqual([
      503,
      { statusCode: 503, error: 'Service Unavailable', message: 'Not ready' },
    ]);
    expect(await send(gateway.port, { path: '/health/live' })).toMatchObject({ status: 200 });

    cleanup.add(await startOpa(policies, opa.port), ({ kill }) => kill());
    await askUntil(200);
    expect(await send(gateway.port, { path: '/health/ready' })).toMatchObject({ status: 200 });
  });

  it('does not fall back on the bundle that OPA_URL has replaced', async () => {
    const policies = cleanup.add(await writePolicies(), ({ remove }) => remove());
    const opa = cleanup.add(await startOpa(policies), ({ kill }) => kill());
    const { gateway } = await gatewayOn({ bundle: policies.bundle }, { OPA_URL: opa.url });
    expect(await send(gateway.port, { path: '/api/orders/1' })).toMatchObject({ status: 200 });
    await opa.kill();
    expect(await send(gateway.port, { path: '/api/orders/1' })).toMatchObject({ status: 503 });
  });
});

it('responds 504 within the deadline while OPA is slow, and serves other routes at once', async () => {
  const silent = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  cleanup.add(silent, () => silent.close());
  const { port } = silent.address() as AddressInfo;
  const { gateway, orders } = await gatewayOn({ url: `http://127.0.0.1:${port}`, timeout: 1_000 });

  const order: string[] = [];
  const slow = send(gateway.port, { path: '/api/orders/1' }).finally(() => order.push('slow'));
  const live = send(gateway.port, { path: '/health/live' }).finally(() => order.push('live'));
  expect(await live).toMatchObject({ status: 200 });
  expect(await slow).toMatchObject({ status: 504 });
  expect(order).toEqual(['live', 'slow']);
  expect(orders.requests).toEqual([]);
});

it('responds 503, not 401, while the JWKS is unavailable', async () => {
  const issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  let status = 500;
  const keys = await startServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(issuer.jwks));
  });
  cleanup.add(keys, ({ close }) => close());
  const policies = cleanup.add(await writePolicies(), ({ remove }) => remove());
  const auth = { jwks: keys.url, issuer: ISSUER, audience: AUDIENCE };
  const { gateway } = await gatewayOn({ bundle: policies.bundle }, {}, auth);
  const token = await issuer.sign({ sub: 'bob' });
  expect(await send(gateway.port, { path: '/api/orders/1', token })).toMatchObject({ status: 503 });
  status = 200;
  expect(await send(gateway.port, { path: '/api/orders/1', token })).toMatchObject({ status: 200 });
});
