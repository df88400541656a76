import { entriesOf, itemsOf } from './compare.js';
import { fromCaller, isSet } from './kinds.js';
import { RegoNumber } from './rego-number.js';
import { compareStrings, wellFormed } from './strings.js';
import type { Value } from './value.js';

const ESCAPED = /[<>&\u2028\u2029]/g;

/** A value as OPA writes it in JSON: sets as arrays in OPA's order, numbers with their text, keys as texts. */
export function toJson(value: Value): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'boolean':
    case 'number':
      return String(value);
    default:
      if (value === null) return 'null';
      if (value instanceof RegoNumber) return value.text;
      if (Array.isArray(value)) return `[${value.map((item) => toJson(fromCaller(item) ?? null)).join()}]`;
      if (isSet(value)) return `[${itemsOf(value).map(toJson).join()}]`;
      return objectText(textEntries(value));
  }
}

/**
 * A value as JavaScript's JSON: a copy that nobody else holds, sets as arrays in OPA's order, keys as texts. A number
 * that no JavaScript number equals becomes the nearest one.
 */
export function toPlain(value: Value): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof RegoNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map((item) => toPlain(fromCaller(item) ?? null));
  if (isSet(value)) return itemsOf(value).map(toPlain);
  // fromEntries defines properties: a key "__proto__" is an entry like any other.
  return Object.fromEntries(textEntries(value).map(([key, item]) => [key, toPlain(item)]));
}

/** The key of an object as the text that JSON can hold. */
export const keyText = (key: Value): string => (typeof key === 'string' ? key : toJson(key));

/** The entries by their keys' texts, in order. Of two keys with the same text the later one stays. */
function textEntries(object: Exclude<Value, null | boolean | string | number>): [string, Value][] {
  const entries = entriesOf(object as Parameters<typeof entriesOf>[0]);
  if (entries.every(([key]) => typeof key === 'string')) return entries as unknown as [string, Value][];
  const texts = new Map(entries.map(([key, item]) => [keyText(key), item]));
  return [...texts].sort(([a], [b]) => compareStrings(a, b));
}

const objectText = (entries: [string, Value][]) =>
  `{${entries.map(([key, item]) => `${quoted(key)}:${toJson(item)}`).join()}}`;

/** Go escapes what HTML could read as markup. */
const quoted = (text: string) =>
  JSON.stringify(wellFormed(text)).replace(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
