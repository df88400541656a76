import { LRUCache } from 'lru-cache';

// Keys can come from requests, so their number is bounded. The key that was used longest ago is forgotten first.
const MAX_KEYS = 1_000;

/** Tells the first use of a key, for warnings that are logged once. The memory is bounded. */
export class OncePerKey {
  private readonly used = new LRUCache<string, true>({ max: MAX_KEYS });

  /** Whether this is the first call with the key. */
  isFirst(key: string): boolean {
    if (this.used.get(key) === true) return false;
    this.used.set(key, true);
    return true;
  }
}
