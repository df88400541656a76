import { LRUCache } from 'lru-cache';
import type { EngineAnswer } from '../contracts/index.js';

/** A cache entry. JSON can hold it. */
export interface StoredAnswer {
  /** The cached answer. */
  readonly answer: EngineAnswer;
  /** The time at which the answer becomes stale, in milliseconds since 1970. */
  readonly freshUntil: number;
}

/**
 * Stores cached answers outside the process, such as in Redis. Several processes may share a store.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import type { AnswerStore, StoredAnswer } from 'nestjs-opa';
 *
 * const redis = new Redis();
 * const store: AnswerStore = {
 *   get: async (key) => JSON.parse((await redis.get(`opa:${key}`)) ?? 'null') as StoredAnswer | null,
 *   set: async (key, value, ttl) => void (await redis.psetex(`opa:${key}`, ttl, JSON.stringify(value))),
 *   delete: async (key) => void (await redis.del(`opa:${key}`)),
 *   clear: async () => void (await redis.flushdb()),
 * };
 * ```
 *
 * @remarks
 * - A key is a digest of 43 characters, which tells nothing about the query.
 * - A failing or slow store never makes a decision fail. A read may take half of the decision's time. After that, OPA is
 *   asked.
 * - The writes of one key run one after the other. The library gives up a write after one second. When such a write
 *   succeeds later, the library removes the entry, provided that the write returned a promise.
 * - When writes are running, `clear` is called again after them.
 * - The writes of several processes are not ordered.
 */
export interface AnswerStore {
  /**
   * Reads an entry.
   *
   * @returns the entry; `undefined` or `null` when there is none
   */
  get(key: string): StoredAnswer | null | undefined | Promise<StoredAnswer | null | undefined>;
  /**
   * Writes an entry.
   *
   * @param ttl - the time after which the store may remove the entry, in milliseconds
   */
  set(key: string, value: StoredAnswer, ttl: number): void | Promise<void>;
  /**
   * Removes an entry, when OPA has given a newer answer that must not be cached. Without this method, `set` replaces the
   * entry by an expired one.
   */
  delete?(key: string): void | Promise<void>;
  /** Removes every entry of the module. */
  clear(): void | Promise<void>;
}

/** Stores answers in the process. */
export class MemoryStore implements AnswerStore {
  private readonly entries: LRUCache<string, StoredAnswer>;

  constructor(max: number) {
    // With a resolution of 0, the cache reads the clock on each access and starts no timer.
    this.entries = new LRUCache({ max, ttlResolution: 0 });
  }

  get(key: string): StoredAnswer | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: StoredAnswer, ttl: number): void {
    this.entries.set(key, value, { ttl });
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }
}
