import { LRUCache } from 'lru-cache';

// Keys can come from requests. Beyond this many, the key that was used longest ago counts as new again.
const MAX_KEYS = 1_000;

/** Tells the first use of a key, in memory that doesn't grow: for warnings that come once. */
export class OncePerKey {
  private readonly used = new LRUCache<string, true>({ max: MAX_KEYS });

  /** Whether nobody has asked for this key before. */
  isFirst(key: string): boolean {
    if (this.used.get(key) === true) return false;
    this.used.set(key, true);
    return true;
  }
}
