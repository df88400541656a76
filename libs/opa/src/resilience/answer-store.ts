import { LRUCache } from 'lru-cache';
import type { EngineAnswer } from '../contracts/index.js';

/** A cache entry: plain JSON. */
export interface StoredAnswer {
  readonly answer: EngineAnswer;
  /** Until when the answer counts as fresh, in milliseconds since 1970. Afterwards the answer is stale. */
  readonly freshUntil: number;
}

type Found = StoredAnswer | null | undefined;

/**
 * Where cached answers are stored: in the process, or in a tier that several processes share.
 *
 * @remarks
 * - A key has 43 letters and digits, which tell nothing of the query.
 * - A store that fails or is slow costs no decision. A read may take half of the decision's time; then OPA is asked.
 * - The writes of one key run one after the other. A write that takes longer than a second is given up. Should the
 *   write land later, its entry is removed, provided that the write gave a promise.
 * - `clear` runs once more after the writes that were under way.
 * - Nothing orders the writes of several processes.
 */
export interface AnswerStore {
  /** @returns the entry; `undefined` or `null` when there is none */
  get(key: string): Found | Promise<Found>;
  /** @param ttl - after how long the entry may go, in milliseconds */
  set(key: string, value: StoredAnswer, ttl: number): void | Promise<void>;
  /**
   * Removes an entry, because OPA has given a newer answer that isn't cached. In a store without this method, an entry
   * that is never used takes the old one's place.
   */
  delete?(key: string): void | Promise<void>;
  /** Removes every entry of this module. */
  clear(): void | Promise<void>;
}

/** Stores answers in the process. */
export class MemoryStore implements AnswerStore {
  private readonly entries: LRUCache<string, StoredAnswer>;

  constructor(max: number) {
    // With a resolution of 0 the cache needs no timer for the time.
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
