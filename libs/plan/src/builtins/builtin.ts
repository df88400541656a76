import type { Value } from '../values/index.js';

/**
 * Why a builtin has no result, in OPA's words. The expression is undefined, or fails when builtin errors are strict.
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

/** What a builtin knows of the evaluation that calls it. */
export interface BuiltinContext {
  /** The time of the evaluation in nanoseconds since 1970. It doesn't move while the evaluation runs. */
  readonly now: bigint;
  /** Whether builtin errors end the evaluation. */
  readonly strict: boolean;
  /** What `opa.runtime` gives: config, environment, version. */
  readonly runtime: Value;
  /** The values that builtins keep until the evaluation ends. Begin a key with the builtin's name. */
  readonly cache: Map<string, unknown>;
  /** The next random number, from 0 to below 1. */
  random(): number;
  /** Random bytes, from the same source. */
  randomBytes(count: number): Uint8Array;
  /** Throws when the deadline is over. Call it in every loop over something that a client may make long. */
  checkDeadline(): void;
  /** Throws when a result of this many characters, bytes or elements is more than an evaluation may make. */
  checkSize(size: number): void;
  /** Gives a line of `print` to the caller. */
  print(line: string): void;
}

/** A builtin function. Undefined, or a thrown BuiltinError, makes the expression undefined. */
export type Builtin = (context: BuiltinContext, ...args: Value[]) => Value | undefined;

/** Builtins by their names in Rego. */
export type Builtins = Readonly<Record<string, Builtin>>;
