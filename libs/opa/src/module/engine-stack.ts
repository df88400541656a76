import type { OpaClient } from '../client/index.js';
import type { BaseEngine, EngineAnswer, PolicyEngine } from '../contracts/index.js';
import type { EngineSnapshot } from '../decision/index.js';
import { cacheTtlOf } from '../decision/index.js';
import { createEmbeddedEngine, RemoteEngine } from '../engines/index.js';
import {
  BundleFallbackEngine,
  CachingEngine,
  CircuitBreakerEngine,
  CoalescingEngine,
  DeadlineEngine,
  FailoverEngine,
  MemoryStore,
  RetryEngine,
} from '../resilience/index.js';
import type { BoundedWaits } from '../transport/index.js';
import type { OpaSettings } from './settings.js';

/** The engine that the options ask for, and what its wrappers can tell and do. */
export interface EngineStack {
  readonly engine: PolicyEngine;
  readonly snapshot: () => EngineSnapshot;
  /** Forgets every cached decision. */
  readonly purge: () => Promise<void>;
}

/**
 * Puts together the engine that the options ask for, out of the wrappers that are on and no others.
 *
 * @param clients - one for each of `settings.urls`
 * @param instance - the module instance's name
 * @param waits - what the wrappers wait for
 * @throws OpaError `OPA_BAD_BUNDLE` when the bundle can't be used
 */
export async function engineStack(
  settings: OpaSettings,
  clients: readonly OpaClient[],
  instance: string,
  waits: BoundedWaits,
): Promise<EngineStack> {
  const { retry: retries, circuitBreaker, bundle, onUnavailable, coalesce, cache: remember } = settings;
  let engine: BaseEngine = await source(settings, clients, waits);
  const retry = retries && new RetryEngine(engine, retries, waits);
  engine = retry ?? engine;
  const breaker = circuitBreaker && new CircuitBreakerEngine(engine, circuitBreaker);
  engine = breaker ?? engine;
  if (onUnavailable === 'bundle' && bundle !== undefined) {
    engine = new BundleFallbackEngine(engine, await embedded(settings, bundle));
  }
  const shared = coalesce === true ? new CoalescingEngine(engine, waits) : undefined;
  engine = shared ?? engine;
  let cache: CachingEngine | undefined;
  if (typeof remember === 'object') {
    const { max, staleTtl = 0, store } = remember;
    const lifetime = (answer: EngineAnswer, policy: string): number => cacheTtlOf(answer, policy, remember);
    const kept = {
      store: store ?? new MemoryStore(max),
      secretKeys: store !== undefined,
      instance,
      lifetime,
    };
    const grace = onUnavailable === 'stale' ? staleTtl : 0;
    cache = new CachingEngine(engine, { ...kept, staleTtl: grace }, waits);
    engine = cache;
  }
  return {
    engine,
    snapshot: () => ({
      cacheHits: cache?.hits ?? 0,
      retries: retry?.retries ?? 0,
      breaker: breaker?.state ?? 'off',
    }),
    purge: async () => {
      // What is under way from before would be remembered in the name of those who join it afterwards.
      shared?.renew();
      await cache?.purge();
    },
  };
}

function source(
  settings: OpaSettings,
  clients: readonly OpaClient[],
  waits: BoundedWaits,
): BaseEngine | Promise<BaseEngine> {
  if (settings.engine !== undefined) return new DeadlineEngine(settings.engine, waits);
  const [first] = clients;
  if (settings.bundle !== undefined && first === undefined) return embedded(settings, settings.bundle);
  const members = clients.map((client) => ({ engine: new RemoteEngine(client), url: client.url }));
  const [only] = members;
  return only !== undefined && members.length === 1 ? only.engine : new FailoverEngine(members);
}

function embedded({ policy }: OpaSettings, bundle: string): Promise<BaseEngine> {
  return createEmbeddedEngine({ bundle, entrypoints: policy === undefined ? [] : [policy] });
}
