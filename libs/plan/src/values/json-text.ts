import { entriesOf, itemsOf } from './compare.js';
import { entriesInAnyOrder } from './entries.js';
import type { Entry } from './entries.js';
import { fromCaller, isArray, isSet } from './kinds.js';
import { RegoNumber } from './rego-number.js';
import { compareStrings, wellFormed } from './strings.js';
import { spend } from './work.js';
import { RegoObject } from './value.js';
import type { JsonObject, MapKey, Value } from './value.js';

const ESCAPED = /[<>&\u2028\u2029]/g;

/**
 * Writes a value as OPA writes it in JSON. Sets become arrays in OPA's order, numbers keep their text, keys become
 * strings.
 *
 * @example
 * ```ts
 * import { makeSet, toJson } from 'opa-plan';
 *
 * toJson(makeSet(['b', 'a'])); // '["a","b"]'
 * ```
 */
export function toJson(value: Value): string {
  spend(1);
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'boolean':
    case 'number':
      return String(value);
    default:
      if (value === null) return 'null';
      if (value instanceof RegoNumber) return value.text;
      if (isArray(value)) return `[${value.map((item) => toJson(fromCaller(item) ?? null)).join()}]`;
      if (isSet(value)) return `[${itemsOf(value).map(toJson).join()}]`;
      return objectText(textEntries(value));
  }
}

/**
 * Copies a value to plain JSON. Sets become arrays in OPA's order, keys become strings. A number that JavaScript
 * cannot hold becomes the nearest one.
 *
 * @example
 * ```ts
 * import { makeSet, toPlain } from 'opa-plan';
 *
 * toPlain(makeSet(['b', 'a'])); // ['a', 'b']
 * ```
 */
export function toPlain(value: Value): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof RegoNumber) return Number(value.text);
  if (isArray(value)) return value.map((item) => toPlain(fromCaller(item) ?? null));
  if (isSet(value)) return itemsOf(value).map(toPlain);
  const plain: Record<string, unknown> = {};
  for (const [name, item] of entriesByText(value)) {
    const key = wellFormed(name);
    // An assignment would set the prototype for the key "__proto__". A property definition adds an entry.
    if (key !== '__proto__') plain[key] = toPlain(item);
    else
      Object.defineProperty(plain, key, {
        value: toPlain(item),
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }
  return plain;
}

/** The key of an object as a string, as JSON needs it. */
export const keyText = (key: Value): string => (typeof key === 'string' ? key : toJson(key));

/** The entries in the order of their keys as strings. If two keys have the same string, the later entry wins. */
function textEntries(object: JsonObject | RegoObject): readonly (readonly [string, Value])[] {
  const entries = entriesOf(object);
  if (hasTextKeys(entries)) return entries;
  const texts = new Map(entries.map(([key, item]) => [keyText(key), item]));
  return [...texts].sort(([a], [b]) => compareStrings(a, b));
}

/**
 * The entries with their keys as strings. An object that only has string keys stores its entries this way already.
 */
function entriesByText(object: JsonObject | RegoObject): Iterable<readonly [string, Value]> {
  if (object instanceof RegoObject && !object.keys) {
    spend(object.values.size);
    if (areTexts(object.values)) return object.values;
  }
  const entries = entriesInAnyOrder(object);
  return hasTextKeys(entries) ? entries : textEntries(object);
}

function areTexts(values: ReadonlyMap<MapKey, Value>): values is ReadonlyMap<string, Value> {
  for (const key of values.keys()) if (typeof key !== 'string') return false;
  return true;
}

const hasTextKeys = (entries: readonly Entry[]): entries is readonly (readonly [string, Value])[] =>
  entries.every(([key]) => typeof key === 'string');

const objectText = (entries: readonly (readonly [string, Value])[]) =>
  `{${entries.map(([key, item]) => `${quoted(key)}:${toJson(item)}`).join()}}`;

/** Quotes a string. As in Go, characters that HTML could read as markup are escaped. */
const quoted = (text: string) =>
  JSON.stringify(wellFormed(text)).replace(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
