import { expect, it } from '@jest/globals';
import { configSchema } from '../../src/config/config.schema.js';
import { GatewayModule } from '../../src/gateway.module.js';
import { RedisConnection } from '../../src/redis/redis-connection.js';
import { failToStart, writeConfig } from './support/gateway-process.js';

const entry = { name: 'up', url: 'http://127.0.0.1:9', policy: 'a/b' };
const KEY = { GATEWAY_SESSION_KEY: 'x'.repeat(32) };

const connectionsOf = (sections: object): unknown[] => {
  const config = configSchema.parse({ upstreams: [entry], mcp: [entry], ...sections });
  const plugins = { entries: new Map(), warnings: [] };
  const { providers = [] } = GatewayModule.forConfig(config, {} as never, plugins, KEY);
  return providers.filter((provider) => 'provide' in provider && provider.provide === RedisConnection);
};

it('a gateway has a connection to Redis only when its file names a Redis', () => {
  expect(connectionsOf({})).toEqual([]);
  expect(connectionsOf({ redis: { url: 'redis://127.0.0.1:9' } })).toHaveLength(1);
});

it.each([
  ['no URL', {}, 'redis.url'],
  ['another scheme', { url: 'http://127.0.0.1:6379' }, 'a redis:// or rediss:// URL'],
  ['no host', { url: 'redis://' }, 'a redis:// or rediss:// URL'],
  ['an unknown key', { url: 'redis://127.0.0.1', prefix: 'x' }, 'redis.prefix: unknown key'],
])('a section "redis" with %s stops the start', async (_name, redis, message) => {
  const { file, remove } = await writeConfig(JSON.stringify({ upstreams: [entry], redis }));
  const { code, output } = await failToStart({ GATEWAY_CONFIG: file });
  await remove();
  expect([code, output]).toEqual([1, expect.stringContaining(message)]);
});

it('a gateway with Redis and MCP servers does not start without a session key', async () => {
  const config = { mcp: [entry], redis: { url: 'redis://127.0.0.1:9' } };
  const { file, remove } = await writeConfig(JSON.stringify(config));
  const { code, output } = await failToStart({ GATEWAY_CONFIG: file });
  await remove();
  expect([code, output]).toEqual([1, expect.stringContaining('Set GATEWAY_SESSION_KEY')]);
});
