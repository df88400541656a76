import type { Value } from '../values/index.js';

/**
 * The error of a builtin that has no result. The expression is undefined, or the evaluation fails when builtin errors
 * are strict.
 *
 * @example
 * ```ts
 * import { BuiltinError, loadPlan } from 'opa-plan';
 *
 * await loadPlan('bundle.tar.gz', {
 *   builtins: {
 *     'orders.region': (_context, country) => {
 *       if (country === 'DE') return 'eu';
 *       throw new BuiltinError('orders.region: unknown country');
 *     },
 *   },
 * });
 * ```
 */
export class BuiltinError extends Error {
  override readonly name: string = 'BuiltinError';
}

/** The evaluation, as a builtin sees it. */
export interface BuiltinContext {
  /** The time of the evaluation in nanoseconds since 1970. The value stays the same during one evaluation. */
  readonly now: bigint;
  /** Whether builtin errors end the evaluation. */
  readonly strict: boolean;
  /** The value of `opa.runtime`: config, environment, version. */
  readonly runtime: Value;
  /** The values that builtins store until the evaluation ends. Begin a key with the builtin's name. */
  readonly cache: Map<string, unknown>;
  /** The next random number, from 0 to below 1. */
  random(): number;
  /** Random bytes, from the same source. */
  randomBytes(count: number): Uint8Array;
  /** Throws after the deadline. Call this method in every loop whose length a client may choose. */
  checkDeadline(): void;
  /** Throws when a result would exceed the size limit. The size counts characters, bytes or elements. */
  checkSize(size: number): void;
  /** Passes a line of `print` to the caller. */
  print(line: string): void;
}

/** A builtin function. The expression is undefined when the function returns undefined or throws a BuiltinError. */
export type Builtin = (context: BuiltinContext, ...args: Value[]) => Value | undefined;

/** Builtins by their names in Rego. */
export type Builtins = Readonly<Record<string, Builtin>>;
