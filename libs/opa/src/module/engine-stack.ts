import type { OpaClient } from '../client/index.js';
import type { BaseEngine, EngineAnswer, PolicyEngine } from '../contracts/index.js';
import type { EngineSnapshot } from '../decision/index.js';
import { cacheTtlOf } from '../decision/index.js';
import { createPlanEngine, RemoteEngine } from '../engines/index.js';
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

/** The engine of a module instance, with access to the state of its wrappers. */
export interface EngineStack {
  readonly engine: PolicyEngine;
  readonly snapshot: () => EngineSnapshot;
  /** Removes every cached decision. */
  readonly purge: () => Promise<void>;
}

/**
 * Builds the engine from the settings. The function adds a wrapper only when its option is on.
 *
 * @param clients - a client for each address of `settings.urls`
 * @param instance - the name of the module instance, for the keys of the cache
 * @param waits - limits every wait of the wrappers to the deadline
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
    const cacheSettings = {
      store: store ?? new MemoryStore(max),
      secretKeys: store !== undefined,
      instance,
      lifetime,
    };
    const grace = onUnavailable === 'stale' ? staleTtl : 0;
    cache = new CachingEngine(engine, { ...cacheSettings, staleTtl: grace }, waits);
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
      // A query in flight may return an answer from before the purge. A later query must not share and cache that
      // answer.
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
  return createPlanEngine({ bundle, entrypoints: policy === undefined ? [] : [policy] });
}
