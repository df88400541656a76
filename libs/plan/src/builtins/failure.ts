import { BuiltinError } from './builtin.js';
import { GoError } from './go/error.js';

/** Runs a piece of Go's standard library. What it reports as an error becomes the builtin's error. */
export function fromGo<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof GoError ? new BuiltinError(error.message, { cause: error }) : error;
  }
}

/** Runs a piece of work and tells whether it did without an error. An end of the evaluation passes through. */
export function succeeds(work: () => unknown): boolean {
  return attempt(work) !== undefined;
}

/** The result of a piece of work in an array, or undefined when it reported an error. */
export function attempt<Result>(work: () => Result): readonly [Result] | undefined {
  try {
    return [work()];
  } catch (error) {
    if (error instanceof GoError || error instanceof BuiltinError) return undefined;
    throw error;
  }
}
