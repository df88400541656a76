import { copyObject, entriesOf, get, insertInto, isObject, RegoObject } from '../values/index.js';
import type { Value } from '../values/index.js';

/**
 * Merges base data with the documents of rules. Objects are merged entry by entry. For all other values base data
 * wins.
 */
export function merge(base: Value, virtual: Value): Value {
  if (!isObject(base) || !isObject(virtual)) return base;
  const merged = copyObject(base);
  for (const [key, value] of entriesOf(virtual)) {
    const under = get(base, key);
    insertInto(merged, key, under === undefined ? value : merge(under, value));
  }
  return merged;
}

/** Copies a document with another value at a path, for `with`. Everything beside the path is shared. */
export function upsert(document: Value | undefined, path: readonly string[], value: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const copy = document !== undefined && isObject(document) ? copyObject(document) : new RegoObject();
  insertInto(copy, key, rest.length > 0 ? upsert(get(copy, key), rest, value) : value);
  return copy;
}
