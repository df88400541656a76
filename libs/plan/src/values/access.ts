import { entriesInAnyOrder } from './entries.js';
import { fromCaller } from './kinds.js';
import { mapKey } from './map-key.js';
import { RegoNumber, asInteger } from './rego-number.js';
import { spend } from './work.js';
import { RegoObject, RegoSet } from './value.js';
import type { JsonObject, Value } from './value.js';

/**
 * What a value holds under a key: an element, an entry, the key itself for a set. Undefined when there is none.
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
 * How many elements or entries a collection has.
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
 * A set of these elements. Of equal ones the first stays.
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
 * An object of these entries. Of equal keys the first stays, with the last value.
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

/** Adds an element to a set that nobody else holds yet. */
export function addToSet(set: RegoSet, item: Value): void {
  const key = mapKey(item);
  if (set.items.has(key)) return;
  set.items.set(key, item);
  set.sorted = undefined;
}

/** Puts an entry into an object that nobody else holds yet. */
export function insertInto(object: RegoObject, key: Value, value: Value): void {
  const found = mapKey(key);
  if (found !== key && !object.values.has(found)) (object.keys ??= new Map()).set(found, key);
  object.values.set(found, value);
  object.sorted = undefined;
}

/** A copy of an object that can be changed, in a new object. */
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

/** An array's element at an index that is a number without a fraction. */
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
