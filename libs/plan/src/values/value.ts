import type { RegoNumber } from './rego-number.js';

/** An object of JSON. Only its own enumerable keys are read. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A value of Rego. Input and data are plain JSON. The policy adds sets and objects with any keys. */
export type Value =
  null | boolean | string | number | RegoNumber | readonly Value[] | JsonObject | RegoObject | RegoSet;

/** A look-up key in a set or an object. Equal values have the same look-up key. */
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
  /** @internal The elements by their look-up keys. */
  readonly items = new Map<MapKey, Value>();
  /** @internal The elements in OPA's order. Undefined until the order is needed. */
  sorted: readonly Value[] | undefined;
}

/**
 * An object that the policy made. Its keys may be values of any kind. Change it with `insertInto` only.
 *
 * @example
 * ```ts
 * import { makeObject, RegoObject } from 'opa-plan';
 *
 * makeObject([[1, 'a']]) instanceof RegoObject; // true
 * ```
 */
export class RegoObject {
  /** @internal The values by the look-up keys of their keys. */
  readonly values = new Map<MapKey, Value>();
  /** @internal The keys that differ from their look-up keys. */
  keys: Map<MapKey, Value> | undefined;
  /** @internal The entries in OPA's order. Undefined until the order is needed. */
  sorted: readonly (readonly [Value, Value])[] | undefined;
}
