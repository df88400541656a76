import { entriesInAnyOrder } from './entries.js';
import type { Entry } from './entries.js';
import { fromCaller, isNumber, typeName } from './kinds.js';
import type { TypeName } from './kinds.js';
import { mapKey } from './map-key.js';
import { RegoNumber, compareNumbers } from './rego-number.js';
import { compareStrings } from './strings.js';
import { spend } from './work.js';
import { RegoObject, RegoSet } from './value.js';
import type { JsonObject, Value } from './value.js';

const RANK: Record<TypeName, number> = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  array: 4,
  object: 5,
  set: 6,
};

/**
 * OPA's order of all values: negative, zero or positive.
 *
 * @example
 * ```ts
 * import { compare } from 'opa-plan';
 *
 * (['b', 'a', 1] as const).toSorted(compare); // [1, 'a', 'b']
 * ```
 */
export function compare(a: Value, b: Value): number {
  if (a === b) return 0;
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  const type = typeName(a);
  const ranks = RANK[type] - RANK[typeName(b)];
  if (ranks !== 0) return ranks;
  switch (type) {
    case 'boolean':
      return a === true ? 1 : -1;
    case 'number':
      return compareNumbers(a as number, b as number);
    case 'array':
      return compareArrays(a as readonly Value[], b as readonly Value[]);
    case 'set':
      return compareArrays(itemsOf(a as RegoSet), itemsOf(b as RegoSet));
    case 'object':
      return compareObjects(a as JsonObject, b as JsonObject);
    default:
      return 0;
  }
}

/**
 * Whether two values are equal.
 *
 * @example
 * ```ts
 * import { equals, fromJson } from 'opa-plan';
 *
 * equals(fromJson('[1, {"a": 2}]'), [1, { a: 2 }]); // true
 * ```
 */
export function equals(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') {
    return (
      (a instanceof RegoNumber || b instanceof RegoNumber) &&
      isNumber(a) &&
      isNumber(b) &&
      compareNumbers(a, b) === 0
    );
  }
  if (a === null || b === null) return false;
  if (a instanceof RegoSet || b instanceof RegoSet) {
    return a instanceof RegoSet && b instanceof RegoSet && hasSameItems(a, b);
  }
  return compare(a, b) === 0;
}

/**
 * The elements of a set in OPA's order.
 *
 * @example
 * ```ts
 * import { itemsOf, makeSet } from 'opa-plan';
 *
 * itemsOf(makeSet(['b', 'a'])); // ['a', 'b']
 * ```
 */
export const itemsOf = (set: RegoSet): readonly Value[] =>
  (set.sorted ??= [...set.items.values()].sort(inOrder));

/**
 * The entries of an object in OPA's order of their keys.
 *
 * @example
 * ```ts
 * import { entriesOf } from 'opa-plan';
 *
 * entriesOf({ b: 2, a: 1 }); // [['a', 1], ['b', 2]]
 * ```
 */
export function entriesOf(object: JsonObject | RegoObject): readonly (readonly [key: Value, value: Value])[] {
  if (object instanceof RegoObject) return (object.sorted ??= sorted(entriesInAnyOrder(object)));
  return sorted(entriesInAnyOrder(object));
}

/**
 * The keys of an object in OPA's order.
 *
 * @example
 * ```ts
 * import { keysOf } from 'opa-plan';
 *
 * keysOf({ b: 2, a: 1 }); // ['a', 'b']
 * ```
 */
export const keysOf = (object: JsonObject | RegoObject): readonly Value[] =>
  entriesOf(object).map(([key]) => key);

const sorted = (entries: Entry[]) => (entries.length > 1 ? entries.sort(byKey) : entries);

const byKey = ([a]: Entry, [b]: Entry) => inOrder(a, b);

/** Compares two values during a sort. */
function inOrder(a: Value, b: Value): number {
  spend(1);
  return compare(a, b);
}

function hasSameItems(a: RegoSet, b: RegoSet): boolean {
  if (a.items.size !== b.items.size) return false;
  spend(a.items.size);
  for (const key of a.items.keys()) if (!b.items.has(key)) return false;
  return true;
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    spend(1);
    const order = compare(fromCaller(a[index]) ?? null, fromCaller(b[index]) ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareObjects(a: JsonObject | RegoObject, b: JsonObject | RegoObject): number {
  const ours = entriesOf(a);
  const theirs = entriesOf(b);
  for (const [index, [key, value]] of ours.entries()) {
    const other = theirs[index];
    if (!other) return 1;
    const order = compare(key, other[0]) || compare(value, other[1]);
    if (order !== 0) return order;
  }
  return ours.length - theirs.length;
}

/** Whether a set contains a value. */
export const contains = (set: RegoSet, value: Value): boolean => set.items.has(mapKey(value));
