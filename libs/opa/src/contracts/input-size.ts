import type { Query } from './engine.js';
import { OpaError } from './error.js';

/** Above this many bytes of JSON, the input itself may be why an answer is late. */
export const LARGE_INPUT_BYTES = 64 * 1024;

/** Tells whether a text is longer than so many bytes of UTF-8. */
export function exceeds(text: string, bytes: number): boolean {
  // A UTF-16 unit is three bytes at the most: hardly any text has to be counted.
  if (text.length * 3 <= bytes) return false;
  return text.length > bytes || Buffer.byteLength(text) > bytes;
}

/** Tells whether an input is above {@link LARGE_INPUT_BYTES}; the service has written its JSON. */
export function isLargeInput({ json }: Query): boolean {
  return json !== undefined && exceeds(json, LARGE_INPUT_BYTES);
}

/**
 * Gives an engine's failure; a timeout of a large input is marked, so that nothing stands in for the decision.
 *
 * @remarks A client that sends much could otherwise open a door while OPA is well. A proxy's 504 is a timeout too.
 */
export function blameLargeInput(error: unknown, query: Query): unknown {
  if (!(error instanceof OpaError) || !isLargeInput(query)) return error;
  const { code, message, cause, status, retryAfterMs } = error;
  if (code !== 'OPA_TIMEOUT' && status !== 504) return error;
  const why = `The input is above ${LARGE_INPUT_BYTES} bytes and may be the reason: no fallback is used.`;
  return new OpaError(code, `${message} ${why}`, { cause, status, retryAfterMs, noFallback: true });
}
