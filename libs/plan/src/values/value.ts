import type { RegoNumber } from './rego-number.js';

/** An object of JSON. Only its own enumerable keys are read. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A value of Rego. Input and data are JSON that is read in place; the policy adds sets and objects with any keys. */
export type Value =
  null | boolean | string | number | RegoNumber | readonly Value[] | JsonObject | RegoObject | RegoSet;

/** What a value is found by in a set or an object: equal values have the same key. */
export type MapKey = string | number | boolean | null;

/**
 * A set that the policy made. Change it with `addToSet` only.
 *
 * @example
 * ```ts
 * import { makeSet, RegoSet } from 'opa-plan';
 *
 * makeSet(['a']) instanceof RegoSet; // true
 * ```
 */
export class RegoSet {
  /** @internal The elements, by what they are found by. */
  readonly items = new Map<MapKey, Value>();
  /** @internal The elements in OPA's order, once somebody asked for it. */
  sorted: readonly Value[] | undefined;
}

/**
 * An object that the policy made: its keys are values of any kind. Change it with `insertInto` only.
 *
 * @example
 * ```ts
 * import { makeObject, RegoObject } from 'opa-plan';
 *
 * makeObject([[1, 'a']]) instanceof RegoObject; // true
 * ```
 */
export class RegoObject {
  /** @internal The values, by what their keys are found by. */
  readonly values = new Map<MapKey, Value>();
  /** @internal The keys that are not what they are found by themselves. */
  keys: Map<MapKey, Value> | undefined;
  /** @internal The entries in OPA's order, once somebody asked for it. */
  sorted: readonly (readonly [Value, Value])[] | undefined;
}
