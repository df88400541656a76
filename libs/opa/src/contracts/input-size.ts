import type { Query } from './engine.js';
import { isError, OpaError } from './opa-error.js';

/** Above this many bytes of JSON, the input itself may be why there is no answer. */
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

/** What a connection fails with that was there. */
const BROKEN_OFF: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE'];

// A connection that could not be had is nobody's fault who sends much.
function mayBlameInput({ code, status, cause }: OpaError): boolean {
  if (code !== 'OPA_UNREACHABLE') return code === 'OPA_TIMEOUT';
  return status !== undefined || (isError(cause) && 'code' in cause && BROKEN_OFF.includes(cause.code));
}

/**
 * Gives an engine's failure; one that a large input may have caused is marked, so that nothing stands in for the
 * decision: a timeout, a connection that is broken off, a proxy's 502, 503 and 504.
 *
 * @remarks A client that sends much could otherwise open a door while OPA is well.
 */
export function blameLargeInput(error: unknown, query: Query): unknown {
  if (!(error instanceof OpaError) || !isLargeInput(query)) return error;
  if (!mayBlameInput(error)) return error;
  const { code, message, cause, status, retryAfterMs } = error;
  const why = `The input is above ${LARGE_INPUT_BYTES} bytes and may be the reason: no fallback is used.`;
  return new OpaError(code, `${message} ${why}`, { cause, status, retryAfterMs, noFallback: true });
}
