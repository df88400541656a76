import { types } from 'node:util';

/** A copy of a plain value. */
export interface PlainCopy {
  readonly value: unknown;
  /** The copy as JSON has at most this many bytes. */
  readonly maxBytes: number;
}

/** The largest value that is copied: the characters of its texts and keys, and one or more for each value. */
const MAX_SIZE = 16_384;
/** JSON writes a character with at most six bytes: `\u0000`. */
const BYTES_PER_CHARACTER = 6;
/** The size of a number. JSON writes a number with at most 25 bytes, with the comma. */
const NUMBER_SIZE = 5;
const MAX_DEPTH = 64;

const NOT_PLAIN = Symbol('not plain');

/**
 * Copies a value when the copy equals what JSON would make of the value: the same as `JSON.parse(JSON.stringify(value))`.
 *
 * @remarks The copy costs a third of writing and reading JSON.
 * @returns `undefined` when only JSON can tell: for values that JSON changes or refuses, such as a value with `toJSON`,
 * `NaN`, a function or half of a surrogate pair; for large values, and for values that throw when they are read
 */
export function plainCopyOf(value: unknown): PlainCopy | undefined {
  const budget = { size: MAX_SIZE };
  try {
    const copy = copyOf(value, budget, 0);
    if (copy === NOT_PLAIN || budget.size < 0) return undefined;
    return { value: copy, maxBytes: (MAX_SIZE - budget.size) * BYTES_PER_CHARACTER };
  } catch {
    return undefined;
  }
}

interface Budget {
  size: number;
}

function copyOf(value: unknown, budget: Budget, depth: number): unknown {
  if (budget.size < 0 || depth > MAX_DEPTH) return NOT_PLAIN;
  switch (typeof value) {
    case 'string':
      budget.size -= value.length + 1;
      return value.isWellFormed() ? value : NOT_PLAIN;
    case 'number':
      budget.size -= NUMBER_SIZE;
      // JSON writes -0 as 0.
      return Number.isFinite(value) ? value + 0 : NOT_PLAIN;
    case 'boolean':
      budget.size -= 1;
      return value;
    case 'object':
      budget.size -= 1;
      if (value === null) return null;
      if ('toJSON' in value) return NOT_PLAIN;
      return Array.isArray(value) ? listOf(value, budget, depth + 1) : objectOf(value, budget, depth + 1);
    default:
      return NOT_PLAIN;
  }
}

function listOf(list: readonly unknown[], budget: Budget, depth: number): unknown {
  const copy: unknown[] = [];
  for (const item of list) {
    const copied = copyOf(item, budget, depth);
    if (copied === NOT_PLAIN) return NOT_PLAIN;
    copy.push(copied);
  }
  return copy;
}

function objectOf(object: object, budget: Budget, depth: number): unknown {
  if (isExotic(object)) return NOT_PLAIN;
  const members = object as Readonly<Record<string, unknown>>;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(members)) {
    const value = members[name];
    if (value === undefined) continue;
    budget.size -= name.length + 1;
    const member = copyOf(value, budget, depth);
    if (member === NOT_PLAIN || name === '__proto__' || !name.isWellFormed()) return NOT_PLAIN;
    copy[name] = member;
  }
  return copy;
}

/** Tells whether JSON may write an object other than by its own members. */
function isExotic(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  // JSON.rawJSON makes objects without a prototype.
  if (prototype === null) return 'rawJSON' in object;
  if (Object.getPrototypeOf(prototype) === null) return false;
  return types.isBoxedPrimitive(object) || object instanceof Map || object instanceof Set;
}
