import { describe, expect, it } from '@jest/globals';
import type { OpaModuleOptions, PolicyEngine } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { OpaClient } from '../../src/client/index.js';
import { engineStack } from '../../src/module/engine-stack.js';
import { settingsOf } from '../../src/module/settings.js';
import { Transport } from '../../src/transport/index.js';
import { buildBundle } from '../engines/support/opa.js';

/** The classes of an engine and of all that it wraps, from the outside in. */
function layers(engine: PolicyEngine & { engine?: PolicyEngine }): string[] {
  return [engine.constructor.name, ...(engine.engine === undefined ? [] : layers(engine.engine))];
}

async function stackOf(options: OpaModuleOptions): Promise<string[]> {
  const settings = settingsOf(options);
  const transport = new Transport(settings.pool, settings.timeout);
  const clients = settings.urls.map((url) => new OpaClient(transport, transport.pool(url)));
  const { engine } = await engineStack(settings, clients, '', transport.waits);
  await engine.close?.();
  return layers(engine);
}

const off = { retry: false, circuitBreaker: false } as const;
const cache = { max: 1, allowTtl: 1, denyTtl: 1 };
const two = { url: ['http://127.0.0.1:1', 'http://127.0.0.1:2'] };
const engine = new TestEngine();

describe('the engine stack has the configured wrappers in order, and no others', () => {
  it.each<[string, OpaModuleOptions, string[]]>([
    ['nothing', { ...off }, ['RemoteEngine']],
    ['the defaults', {}, ['CircuitBreakerEngine', 'RetryEngine', 'RemoteEngine']],
    ['retry', { circuitBreaker: false }, ['RetryEngine', 'RemoteEngine']],
    ['breaker', { retry: false }, ['CircuitBreakerEngine', 'RemoteEngine']],
    ['coalescing', { ...off, coalesce: true }, ['CoalescingEngine', 'RemoteEngine']],
    ['cache', { ...off, cache }, ['CachingEngine', 'RemoteEngine']],
    ['several OPAs', { ...off, ...two }, ['FailoverEngine']],
    ['fail-open, which is no wrapper', { ...off, onUnavailable: 'allow' }, ['RemoteEngine']],
    ['stale without a cache', { ...off, onUnavailable: 'stale' }, ['RemoteEngine']],
    [
      'all',
      { ...two, cache, coalesce: true },
      ['CachingEngine', 'CoalescingEngine', 'CircuitBreakerEngine', 'RetryEngine', 'FailoverEngine'],
    ],
    ["an engine of the user's own", { engine }, ['DeadlineEngine', 'TestEngine']],
    [
      "an engine of the user's own, and retry",
      { engine, retry: {} },
      ['RetryEngine', 'DeadlineEngine', 'TestEngine'],
    ],
  ])('%s', async (_name, options, expected) => {
    expect(await stackOf(options)).toEqual(expected);
  });

  it('for a bundle, as the only engine and as the fallback', async () => {
    const bundle = await buildBundle('package a\nb := true', 'a/b');
    expect(await stackOf({ bundle })).toEqual(['PlanEngine']);
    expect(await stackOf({ ...off, bundle, url: 'http://127.0.0.1:1' })).toEqual([
      'BundleFallbackEngine',
      'RemoteEngine',
    ]);
    expect(await stackOf({ ...off, bundle, url: 'http://127.0.0.1:1', onUnavailable: 'deny' })).toEqual([
      'RemoteEngine',
    ]);
  });
});
