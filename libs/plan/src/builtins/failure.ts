import { BuiltinError } from './builtin.js';
import { GoError } from './go/error.js';

/** Runs code that behaves like Go's standard library. A GoError becomes a BuiltinError. */
export function fromGo<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof GoError ? new BuiltinError(error.message, { cause: error }) : error;
  }
}

/** Whether some work ends without an error. Errors that end the evaluation pass through. */
export function succeeds(work: () => unknown): boolean {
  return attempt(work) !== undefined;
}

/** The result of some work, in an array. Returns undefined after an error. */
export function attempt<Result>(work: () => Result): readonly [Result] | undefined {
  try {
    return [work()];
  } catch (error) {
    if (error instanceof GoError || error instanceof BuiltinError) return undefined;
    throw error;
  }
}
