import type { Query } from './engine.js';
import { isError, OpaError } from './opa-error.js';

/** Above this many bytes of JSON, the input itself may be the reason for a failure. */
export const LARGE_INPUT_BYTES = 64 * 1024;

/** Tells whether a text is longer than a number of bytes of UTF-8. */
export function exceeds(text: string, bytes: number): boolean {
  // A UTF-16 unit becomes at most three bytes, so few texts have to be counted.
  if (text.length * 3 <= bytes) return false;
  return text.length > bytes || Buffer.byteLength(text) > bytes;
}

/** Tells whether an input is above {@link LARGE_INPUT_BYTES}. OpaService has written its JSON by then. */
export function isLargeInput({ json }: Query): boolean {
  return json !== undefined && exceeds(json, LARGE_INPUT_BYTES);
}

/** The error codes of an established connection that OPA or a proxy closed. */
const RESET_CODES: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE'];

// A failed connect happens before any input is sent, so a large input can't be its reason.
function mayBlameInput({ code, status, cause }: OpaError): boolean {
  if (code !== 'OPA_UNREACHABLE') return code === 'OPA_TIMEOUT';
  return status !== undefined || (isError(cause) && 'code' in cause && RESET_CODES.includes(cause.code));
}

/**
 * Marks a failure that a large input may have caused, so that no fallback replaces the decision. Such failures are
 * timeouts, closed connections, and a proxy's 502, 503 and 504. Other failures are returned unchanged.
 *
 * @remarks Otherwise a client could trigger fail-open by sending much, while OPA is healthy.
 */
export function blameLargeInput(error: unknown, query: Query): unknown {
  if (!(error instanceof OpaError) || !isLargeInput(query)) return error;
  if (!mayBlameInput(error)) return error;
  const { code, message, cause, status, retryAfterMs } = error;
  const why = `The input is above ${LARGE_INPUT_BYTES} bytes and may be the reason: no fallback is used.`;
  return new OpaError(code, `${message} ${why}`, { cause, status, retryAfterMs, noFallback: true });
}
