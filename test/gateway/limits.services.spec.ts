import { readFile } from 'node:fs/promises';
import { afterAll, expect, it } from '@jest/globals';
import { startRedis } from '../../libs/opa/test/contexts/drivers/redis.js';
import { eventually } from '../../libs/opa/test/support/eventually.js';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import { startGateway } from './support/gateway-process.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpa } from './support/opa-process.js';
import { startServer } from './support/upstream.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

it('two gateways share the limits of a policy, and refuse while Redis is away', async () => {
  const redis = await startRedis();
  cleanup.add(undefined, () => redis.stop());
  const rego = await readFile(new URL('../../examples/limits/policy.rego', import.meta.url), 'utf8');
  const opa = cleanup.add(await startOpa({ rego: { 'policy.rego': rego } }), ({ kill }) => kill());
  const upstream = cleanup.add(await startServer((_request, response) => response.end('fine')), ({ close }) =>
    close(),
  );
  const config = {
    opa: { url: opa.url, timeout: 10_000 },
    redis: { url: `redis://127.0.0.1:${redis.options.port}` },
    upstreams: [{ name: 'up', url: upstream.url, policy: 'limits/remove' }],
  };
  const gateways: GatewayProcess[] = [];
  for (let i = 0; i < 2; i++) gateways.push(cleanup.add(await startGateway(config), ({ end }) => end()));
  const getOrders = (gateway = gateways[0]) => send(gateway?.port ?? 0, { path: '/api/up/orders' });
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++) statuses.push((await getOrders(gateways[i % 2])).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  for (const gateway of gateways) {
    const { status, headers } = await getOrders(gateway);
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  }
  await redis.stop();
  await eventually(async () => (await getOrders()).status, 503);
  expect((await getOrders()).json()).toEqual({
    statusCode: 503,
    error: 'Service Unavailable',
    message: 'Authorization is not available',
  });
  expect(gateways[0]?.output().match(/requests with an obligation "limit" are refused/g)).toHaveLength(1);
});
