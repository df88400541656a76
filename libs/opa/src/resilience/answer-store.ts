import { LRUCache } from 'lru-cache';
import type { EngineAnswer } from '../contracts/index.js';

/** A remembered answer; plain JSON. */
export interface StoredAnswer {
  readonly answer: EngineAnswer;
  /** Until when it is as good as a new one, in milliseconds since 1970. Afterwards it is stale. */
  readonly freshUntil: number;
}

type Found = StoredAnswer | null | undefined;

/**
 * Where remembered answers are kept: in the process, or in a tier that several processes share.
 *
 * @remarks A key is 43 letters and digits that tell nothing of the question. A store that fails or is slow costs
 * no decision: it may take half of the decision's time, and OPA is asked afterwards. Writes of one key are made one after
 * another, and `clear` once more after those that were under way. A write that takes longer than a second is no longer
 * waited for, and taken back when it lands, if its promise tells so. Other processes' writes are in nobody's order.
 */
export interface AnswerStore {
  /** @returns nothing (`undefined` or `null`) when it has none */
  get(key: string): Found | Promise<Found>;
  /** @param ttl - forget it after this, in milliseconds */
  set(key: string, value: StoredAnswer, ttl: number): void | Promise<void>;
  /**
   * Forgets one, because OPA has answered anew and that answer isn't kept. Without this method an entry that is of no
   * use is set in its place.
   */
  delete?(key: string): void | Promise<void>;
  /** Forgets everything of this module's. */
  clear(): void | Promise<void>;
}

/** Keeps answers in the process. */
export class MemoryStore implements AnswerStore {
  private readonly entries: LRUCache<string, StoredAnswer>;

  constructor(max: number) {
    // A resolution of 0: it then needs no timer to know the time.
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
