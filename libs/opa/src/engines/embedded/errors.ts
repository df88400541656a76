import { headOf, isError, OpaError } from '../../contracts/index.js';

/** An `OPA_BAD_BUNDLE` whose message starts with the bundle's name. */
export function badBundle(source: string, problem: string, cause?: unknown): OpaError {
  return new OpaError('OPA_BAD_BUNDLE', `The bundle ${source} ${problem}`, { cause });
}

/** What opa-wasm throws, in words: an error, a string, or a plain object with a message. */
export function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  const message = (thrown as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : 'unknown error';
}

/**
 * What a failed evaluation has thrown, in words that hold no value of the input: of an error, which is a builtin's, no
 * more than what is in front of the first colon or quote. The rest that is thrown has a wording of its own.
 */
export function describeFailure(thrown: unknown): string {
  return isError(thrown) ? headOf(thrown.message) : describe(thrown);
}
