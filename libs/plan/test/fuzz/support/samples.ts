import fc from 'fast-check';
import { entriesOf, isArray, isObject, isSet, itemsOf } from '../../../src/values/index.js';
import type { Value } from '../../../src/values/index.js';
import { callOurs } from '../../builtins/support/calls.js';
import { tables } from '../../builtins/support/tables/index.js';
import type { Argument } from './arbitraries.js';
import { fragmentsOf } from './fragments.js';
import type { Language } from './fragments.js';

/** How many of twenty parts of a call stay as they are in the table. */
const SAME = 18;

/** The calls of the tables that have a value, by builtin. */
const samples: ReadonlyMap<string, readonly (readonly Value[])[]> = readSamples();

function readSamples(): Map<string, (readonly Value[])[]> {
  const calls = Object.values(tables).flat();
  const outcomes = callOurs(calls);
  const result = new Map<string, (readonly Value[])[]>();
  for (const [row, [name, ...args]] of calls.entries()) {
    if (outcomes[row]?.value === undefined || !args.every(isEncodable)) continue;
    result.set(name, [...(result.get(name) ?? []), args]);
  }
  return result;
}

/**
 * Arguments of a builtin from the tables of calls that have a value, some of them with changes.
 *
 * @returns `undefined` when the tables hold no such call
 */
export function sampleOf(builtin: string, language: Language): fc.Arbitrary<readonly Argument[]> | undefined {
  const calls = samples.get(builtin);
  if (calls === undefined) return undefined;
  return fc
    .constantFrom(...calls)
    .chain((args) => fc.tuple(...args.map((arg) => mutate(arg, language).map(encode))));
}

function mutate(value: Value, language: Language): fc.Arbitrary<Value> {
  if (typeof value === 'string') return often(value, editOf(value, language));
  if (typeof value === 'number') return often<Value>(value, fc.integer({ min: -20, max: 20 }));
  // Only arrays and objects of JSON: `encode` writes other collections as they are.
  if (isArray(value)) return fc.tuple(...value.map((item) => mutate(item, language)));
  if (!isObject(value) || !isJson(value)) return fc.constant(value);
  const entries = entriesOf(value).map(([key, item]) =>
    mutate(item, language).map((changed) => [key, changed] as const),
  );
  return fc.tuple(...entries).map((changed) => Object.fromEntries(changed) as Value);
}

const often = <T>(value: T, change: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: SAME, arbitrary: fc.constant(value) }, { weight: 20 - SAME, arbitrary: change });

/** A text with one piece of a language in the place of some characters. */
const editOf = (text: string, language: Language): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.nat({ max: text.length }),
      fc.nat({ max: 2 }),
      fc.constantFrom('', ...fragmentsOf(language), ...fragmentsOf('any')),
    )
    .map(([start, count, piece]) =>
      (text.slice(0, start) + piece + text.slice(start + count)).toWellFormed(),
    );

/** Writes an argument as JSON. */
function encode(value: Value): Argument {
  if (isSet(value)) {
    const items = itemsOf(value);
    return items.every(isSet) ? { sets: items.map(itemsOf) } : { set: items };
  }
  return isObject(value) && !isJson(value) ? { entries: entriesOf(value) } : { value };
}

/** Whether {@link encode} can write a value. */
function isEncodable(value: Value): boolean {
  if (isJson(value)) return true;
  if (isSet(value)) {
    const items = itemsOf(value);
    return items.every(isJson) || items.every((item) => isSet(item) && itemsOf(item).every(isJson));
  }
  return isObject(value) && entriesOf(value).every(([key, item]) => isJson(key) && isJson(item));
}

/** Whether JSON holds a value as it is. */
function isJson(value: Value): boolean {
  if (isSet(value)) return false;
  if (isArray(value)) return value.every(isJson);
  return !isObject(value) || entriesOf(value).every(([key, item]) => typeof key === 'string' && isJson(item));
}
