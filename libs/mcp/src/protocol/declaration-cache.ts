import { LRUCache } from 'lru-cache';
import { boundedKey } from './bounded-key.js';

const MAX_ITEMS = 1_000;
/** All items together, in characters of JSON text. */
const MAX_TOTAL = 64 << 20;

/**
 * Stores what the items of a server's lists declare, such as the schemas of tools. Both the number of the items and their
 * total size are bounded, because a server may list any number of items of any size. The item that was unused for longest
 * is evicted first.
 */
export class DeclarationCache<T extends object> {
  private readonly declarations = new LRUCache<string, T>({ max: MAX_ITEMS, maxSize: MAX_TOTAL });

  /** @param item - the item of the list, whose size counts */
  set(name: string, item: unknown, declaration: T): void {
    this.declarations.set(boundedKey('', name), declaration, { size: jsonLength(item) });
  }

  /** What the item of this name declares; `undefined` for an unknown item. */
  get(name: string): T | undefined {
    return this.declarations.get(boundedKey('', name));
  }

  has(name: string): boolean {
    return this.declarations.has(boundedKey('', name));
  }
}

/** The length of a value's JSON text, in characters. A value that is nested too deeply counts as too long. */
export function jsonLength(value: unknown): number {
  try {
    return JSON.stringify(value).length;
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}
