import { entriesInAnyOrder } from './entries.js';
import { fromCaller, isArray } from './kinds.js';
import { RegoNumber } from './rego-number.js';
import { spend } from './work.js';
import { RegoSet } from './value.js';
import type { MapKey, Value } from './value.js';

/**
 * The first character of a look-up key that encodes another value. A string that begins with this character gets a
 * second one.
 */
const MARK = '\0';

/** The look-up key of a value in a Map. Equal values have the same key: `1` and `1.0`, or a set in any order. */
export function mapKey(value: Value): MapKey {
  if (typeof value === 'string') return value.startsWith(MARK) ? MARK + value : value;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof RegoNumber) return doubleOf(value) ?? `${MARK}n${digitsOf(value)}`;
  return `${MARK}v${canonical(value)}`;
}

/** A text that is the same for equal values, and different for all others. */
function canonical(value: Value): string {
  spend(1);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof RegoNumber) return String(doubleOf(value) ?? `n${digitsOf(value)}`);
  if (isArray(value)) return `[${value.map((item) => canonical(fromCaller(item) ?? null)).join()}]`;
  if (value instanceof RegoSet) return `<${[...value.items.values()].map(canonical).sort().join()}>`;
  const entries: string[] = [];
  for (const [key, item] of entriesInAnyOrder(value)) entries.push(`${canonical(key)}:${canonical(item)}`);
  return `{${entries.sort().join()}}`;
}

/** The equal JavaScript number, or undefined. */
function doubleOf({ text, decimal }: RegoNumber): number | undefined {
  const double = Number(text);
  if (!Number.isFinite(double)) return undefined;
  if (double === 0) return decimal.digits === '' ? 0 : undefined;
  const shortest = new RegoNumber(String(double)).decimal;
  return shortest.digits === decimal.digits && shortest.point === decimal.point ? double : undefined;
}

const digitsOf = ({ decimal }: RegoNumber) =>
  `${decimal.negative ? '-' : ''}${decimal.digits}e${decimal.point}`;
