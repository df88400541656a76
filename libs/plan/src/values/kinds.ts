import { RegoNumber } from './rego-number.js';
import { RegoSet } from './value.js';
import type { JsonObject, RegoObject, Value } from './value.js';

/** The name of a value's type, as OPA gives it. */
export type TypeName = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' | 'set';

/**
 * Whether a value is a number of either kind.
 *
 * @example
 * ```ts
 * import { isNumber, numberFromText } from 'opa-plan';
 *
 * isNumber(numberFromText('1e400')); // true
 * ```
 */
export const isNumber = (value: Value): value is number | RegoNumber =>
  typeof value === 'number' || value instanceof RegoNumber;

/**
 * Whether a value is an array.
 *
 * @example
 * ```ts
 * import { isArray } from 'opa-plan';
 *
 * isArray(['a']); // true
 * ```
 */
export const isArray = (value: Value): value is readonly Value[] => Array.isArray(value);

/**
 * Whether a value is a set.
 *
 * @example
 * ```ts
 * import { isSet, makeSet } from 'opa-plan';
 *
 * isSet(makeSet(['a'])); // true
 * ```
 */
export const isSet = (value: Value): value is RegoSet => value instanceof RegoSet;

/**
 * Whether a value is an object of either kind.
 *
 * @example
 * ```ts
 * import { isObject } from 'opa-plan';
 *
 * isObject({ a: 1 }); // true
 * isObject(['a']); // false
 * ```
 */
export const isObject = (value: Value): value is JsonObject | RegoObject =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof RegoSet) &&
  !(value instanceof RegoNumber);

/**
 * The name of a value's type, as OPA gives it.
 *
 * @example
 * ```ts
 * import { makeSet, typeName } from 'opa-plan';
 *
 * typeName(makeSet()); // 'set'
 * ```
 */
export function typeName(value: Value): TypeName {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value as TypeName;
    default:
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'array';
      if (value instanceof RegoSet) return 'set';
      return value instanceof RegoNumber ? 'number' : 'object';
  }
}

/**
 * Converts a value of the caller as JSON.stringify would. A function, a symbol and undefined become undefined; a
 * number that is not finite becomes null.
 */
export function fromCaller(value: unknown): Value | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'object':
      return value as Value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return new RegoNumber(value.toString());
    default:
      return undefined;
  }
}
