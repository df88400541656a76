import { expect, it } from '@jest/globals';
import { checkOptions } from '../../src/options/options.schema.js';

const redis = { status: 'ready', eval: () => Promise.resolve(null) };
const sessionKey = 'x'.repeat(32);

it('option "redis" needs a client of ioredis, and a session key', () => {
  expect(checkOptions({ servers: [], redis, sessionKey })).toMatchObject({ redis, sessionKey });
  expect(() => checkOptions({ servers: [], redis })).toThrow(/"sessionKey".*because option "redis" is set/);
  const text = 'redis://127.0.0.1' as unknown as typeof redis;
  expect(() => checkOptions({ servers: [], redis: text, sessionKey })).toThrow(/a client of ioredis/);
});
