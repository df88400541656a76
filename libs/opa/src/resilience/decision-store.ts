import { LRUCache } from 'lru-cache';
import type { EngineAnswer } from '../contracts/index.js';

/** A cache entry. JSON can hold it. */
export interface StoredDecision {
  /** The cached decision, as the engine returned it. */
  readonly answer: EngineAnswer;
  /** The time at which the decision becomes stale, in milliseconds since 1970. */
  readonly freshUntil: number;
}

/**
 * Stores cached decisions outside the process, such as in Redis. Several processes may share a store.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import type { DecisionStore, StoredDecision } from 'nestjs-opa';
 *
 * const redis = new Redis();
 * const store: DecisionStore = {
 *   get: async (key) => JSON.parse((await redis.get(`opa:${key}`)) ?? 'null') as StoredDecision | null,
 *   set: async (key, value, ttl) => void (await redis.psetex(`opa:${key}`, ttl, JSON.stringify(value))),
 *   delete: async (key) => void (await redis.del(`opa:${key}`)),
 *   clear: async () => void (await redis.flushdb()),
 * };
 * ```
 *
 * @remarks
 * - A key is a digest of 43 characters, which tells nothing about the query.
 * - A failing or slow store never makes a decision fail. A read may take half of the decision's time. After that, the
 *   library queries OPA.
 * - The writes of one key run one after the other. The library gives up a write after one second. When such a write
 *   succeeds later, the library removes the entry, provided that the write returned a promise.
 * - When writes are running, `clear` is called again after them.
 * - The writes of several processes are not ordered.
 */
export interface DecisionStore {
  /**
   * Reads an entry.
   *
   * @returns the entry; `undefined` or `null` when there is none
   */
  get(key: string): StoredDecision | null | undefined | Promise<StoredDecision | null | undefined>;
  /**
   * Writes an entry.
   *
   * @param ttl - the time after which the store may remove the entry, in milliseconds
   */
  set(key: string, value: StoredDecision, ttl: number): void | Promise<void>;
  /**
   * Removes an entry, when OPA has returned a newer decision that must not be cached. Without this method, `set` replaces the
   * entry with an expired one.
   */
  delete?(key: string): void | Promise<void>;
  /** Removes every entry of the module. */
  clear(): void | Promise<void>;
}

/** Stores decisions in the process. */
export class MemoryStore implements DecisionStore {
  private readonly entries: LRUCache<string, StoredDecision>;

  constructor(max: number) {
    // With a resolution of 0, the cache reads the clock on each access and starts no timer.
    this.entries = new LRUCache({ max, ttlResolution: 0 });
  }

  get(key: string): StoredDecision | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: StoredDecision, ttl: number): void {
    this.entries.set(key, value, { ttl });
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }
}
