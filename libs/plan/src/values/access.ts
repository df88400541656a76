import { entriesInAnyOrder } from './entries.js';
import { fromCaller } from './kinds.js';
import { mapKey } from './map-key.js';
import { RegoNumber, asInteger } from './rego-number.js';
import { spend } from './work.js';
import { RegoObject, RegoSet } from './value.js';
import type { JsonObject, Value } from './value.js';

/**
 * Looks up a key in a value: an element of an array, or an entry of an object. For a set the result is the key
 * itself. Returns undefined when the key is absent.
 *
 * @example
 * ```ts
 * import { fromJson, get } from 'opa-plan';
 *
 * get(fromJson('{"roles": ["admin"]}'), 'roles'); // ['admin']
 * ```
 */
export function get(value: Value, key: Value): Value | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof RegoObject) return value.values.get(mapKey(key));
  if (Array.isArray(value)) return itemAt(value, key);
  if (value instanceof RegoSet) return value.items.get(mapKey(key));
  if (typeof key !== 'string' || value instanceof RegoNumber) return undefined;
  return Object.hasOwn(value, key) ? fromCaller((value as JsonObject)[key]) : undefined;
}

/**
 * The number of elements or entries of a collection.
 *
 * @example
 * ```ts
 * import { makeSet, sizeOf } from 'opa-plan';
 *
 * sizeOf(makeSet(['a', 'b', 'a'])); // 2
 * ```
 */
export function sizeOf(value: readonly Value[] | JsonObject | RegoObject | RegoSet): number {
  if (Array.isArray(value)) return value.length;
  if (value instanceof RegoSet) return value.items.size;
  if (value instanceof RegoObject) return value.values.size;
  let size = 0;
  for (const key of Object.keys(value)) if (fromCaller((value as JsonObject)[key]) !== undefined) size++;
  return size;
}

/**
 * Makes a set. If elements are equal, the set holds the first one.
 *
 * @example
 * ```ts
 * import { makeSet } from 'opa-plan';
 *
 * makeSet(['reader', 'editor']);
 * ```
 */
export function makeSet(items: Iterable<Value> = []): RegoSet {
  const set = new RegoSet();
  for (const item of items) addToSet(set, item);
  return set;
}

/**
 * Makes an object. If keys are equal, the object holds the first key with the last value.
 *
 * @example
 * ```ts
 * import { makeObject } from 'opa-plan';
 *
 * makeObject([['id', 1], ['roles', ['admin']]]);
 * ```
 */
export function makeObject(entries: Iterable<readonly [Value, Value]> = []): RegoObject {
  const object = new RegoObject();
  for (const [key, value] of entries) insertInto(object, key, value);
  return object;
}

/** Adds an element to a set. Call this only while no other code has the set. */
export function addToSet(set: RegoSet, item: Value): void {
  const key = mapKey(item);
  if (set.items.has(key)) return;
  set.items.set(key, item);
  set.sorted = undefined;
}

/** Inserts an entry into an object. Call this only while no other code has the object. */
export function insertInto(object: RegoObject, key: Value, value: Value): void {
  const lookupKey = mapKey(key);
  if (lookupKey !== key && !object.values.has(lookupKey)) (object.keys ??= new Map()).set(lookupKey, key);
  object.values.set(lookupKey, value);
  object.sorted = undefined;
}

/** Copies the entries of an object into a new object, which the caller may change. */
export function copyObject(object: JsonObject | RegoObject, copy = new RegoObject()): RegoObject {
  if (object instanceof RegoObject) {
    spend(object.values.size);
    for (const [key, value] of object.values) copy.values.set(key, value);
    if (object.keys) copy.keys = new Map(object.keys);
    return copy;
  }
  for (const [key, value] of entriesInAnyOrder(object)) insertInto(copy, key, value);
  return copy;
}

/** The element of an array at an index. `1.0` is an index, `1.5` is not. */
function itemAt(array: readonly unknown[], key: Value): Value | undefined {
  if (typeof key === 'number') {
    return key >= 0 && key < array.length && Number.isInteger(key)
      ? (fromCaller(array[key]) ?? null)
      : undefined;
  }
  if (!(key instanceof RegoNumber) || /[eE]/.test(key.text)) return undefined;
  const index = Number(asInteger(key) ?? -1);
  return index >= 0 && index < array.length ? (fromCaller(array[index]) ?? null) : undefined;
}
