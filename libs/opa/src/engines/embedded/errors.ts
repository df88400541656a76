import { OpaError } from '../../contracts/index.js';

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
