import { expect, it } from '@jest/globals';
import { settingsOf } from '../../src/module/settings.js';

it('the defaults are those in docs/reference/options.md', () => {
  expect(settingsOf({})).toEqual({
    urls: ['http://127.0.0.1:8181'],
    timeout: 1_000,
    inputLimits: { request: 2_097_152, response: 8_388_608 },
    pool: {
      maxSockets: 100,
      maxFreeSockets: 100,
      freeSocketTimeout: 4_000,
      socketTtl: 60_000,
      connectTimeout: 250,
      maxPending: 1_000,
      maxResponseBytes: 1_048_576,
    },
    retry: { retries: 1, minDelay: 25, maxDelay: 250 },
    circuitBreaker: { threshold: 0.5, duration: 10_000, minimumCalls: 20, halfOpenAfter: 1_000 },
    mode: 'enforce',
    onUnavailable: 'deny',
    unguarded: 'deny',
    policyHeaders: [],
    shutdownTimeout: 5_000,
  });
});

it('options whose defaults depend on other options follow them', () => {
  const { onUnavailable, pool, retry, circuitBreaker } = settingsOf({
    url: 'http://127.0.0.1:1',
    bundle: 'b.tar.gz',
    timeout: 100,
    pool: { maxSockets: 7 },
    retry: false,
    circuitBreaker: false,
  });
  expect({ onUnavailable, pool, retry, circuitBreaker }).toMatchObject({
    onUnavailable: 'bundle',
    pool: { maxSockets: 7, maxFreeSockets: 7, connectTimeout: 100 },
    retry: undefined,
    circuitBreaker: undefined,
  });
});
