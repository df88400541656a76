import { types } from 'node:util';
import { redactCause } from './redact-cause.js';

/**
 * What went wrong while a decision was made; the same names on every kind of route.
 *
 * - `OPA_UNREACHABLE`: refused, reset, truncated, DNS, connect time-out, 502, 503 or 504.
 * - `OPA_TIMEOUT`: the deadline passed after a socket was had.
 * - `OPA_OVERLOADED`: too many decisions wait for a socket, the deadline passed while waiting for one, or OPA said 429.
 * - `OPA_CIRCUIT_OPEN`: the circuit breaker is open.
 * - `OPA_CLOSED`: the module has been closed.
 * - `OPA_ABORTED`: the caller's own signal was aborted.
 * - `OPA_BAD_ANSWER`: OPA answered something that isn't an answer.
 * - `OPA_BAD_DECISION`: the policy's document isn't a decision.
 * - `OPA_POLICY_ERROR`: the policy failed while it was evaluated.
 * - `OPA_UNAUTHORIZED`: OPA refused this client's own credential, or it can't be had (in time).
 * - `OPA_BAD_INPUT`: the input can't be built or serialized, or is too large.
 * - `OPA_BAD_OPTIONS`: the module's or a decorator's options are wrong.
 * - `OPA_BAD_BUNDLE`: the embedded engine can't use the bundle.
 */
export type OpaErrorCode =
  | 'OPA_UNREACHABLE'
  | 'OPA_TIMEOUT'
  | 'OPA_OVERLOADED'
  | 'OPA_CIRCUIT_OPEN'
  | 'OPA_CLOSED'
  | 'OPA_ABORTED'
  | 'OPA_BAD_ANSWER'
  | 'OPA_BAD_DECISION'
  | 'OPA_POLICY_ERROR'
  | 'OPA_UNAUTHORIZED'
  | 'OPA_BAD_INPUT'
  | 'OPA_BAD_OPTIONS'
  | 'OPA_BAD_BUNDLE';

/** What an {@link OpaError} may carry beside its code and message. */
export interface OpaErrorDetails {
  /** The error underneath; without the request, where an HTTP client's error holds one. */
  cause?: unknown;
  /** The HTTP status that OPA answered with. */
  status?: number | undefined;
  /** How long OPA asked to wait before the next try, in milliseconds (its `Retry-After`). */
  retryAfterMs?: number | undefined;
  /** With `OPA_BAD_INPUT`: the client's own data is the cause, so that a 400 is due. Default: `false`. */
  clientFault?: boolean | undefined;
  /** With `OPA_BAD_INPUT`: the input is larger than option `input.maxBytes` or `input.maxResponseBytes` allows. Default: `false`. */
  tooLarge?: boolean | undefined;
  /** With a timeout or `OPA_UNREACHABLE`: the input or the policy may be the reason rather than OPA, so no fallback follows. Default: `false`. */
  noFallback?: boolean | undefined;
}

const BRAND = Symbol.for('nestjs-opa:error');

/**
 * The one error that this library throws.
 *
 * @remarks `message` is for the log: it may name OPA's address, never a header, a token or an input.
 * `instanceof` holds across the ESM and the CommonJS build.
 */
export class OpaError extends Error {
  override readonly name = 'OpaError';
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly clientFault: boolean;
  readonly tooLarge: boolean;
  readonly noFallback: boolean;
  readonly [BRAND] = true;

  constructor(
    readonly code: OpaErrorCode,
    message: string,
    details: OpaErrorDetails = {},
  ) {
    super(message, 'cause' in details ? { cause: redactCause(details.cause) } : undefined);
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.clientFault = details.clientFault ?? false;
    this.tooLarge = details.tooLarge ?? false;
    this.noFallback = details.noFallback ?? false;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/** Gives an engine's failure as the library's own error; what isn't one becomes `OPA_POLICY_ERROR`. */
export function opaErrorOf(failure: unknown): OpaError {
  if (failure instanceof OpaError) return failure;
  return new OpaError('OPA_POLICY_ERROR', 'The policy engine failed.', { cause: failure });
}

/**
 * Tells whether an error means that OPA isn't there: unreachable, late, or behind a circuit that those opened. Only
 * then may something stand in for its decision: no flood (`OPA_OVERLOADED`), large input or slow policy must open a door.
 */
export function isGone(error: unknown): error is OpaError {
  return (
    error instanceof OpaError &&
    !error.noFallback &&
    (error.code === 'OPA_UNREACHABLE' || error.code === 'OPA_TIMEOUT' || error.code === 'OPA_CIRCUIT_OPEN')
  );
}

/** Tells whether a value is an error, of whatever realm: under Jest, Node's own errors come from another one. */
export const isError: (value: unknown) => value is Error = types.isNativeError;

/** What something that was thrown says, whatever it is. */
export function messageOf(thrown: unknown): string {
  return isError(thrown) ? thrown.message : String(thrown);
}

/** An error's code and message, with its cause's message unless the error's own message has that already. */
export function withCause({ code, message, cause }: OpaError): string {
  const more = isError(cause) && !message.includes(cause.message) ? ` Cause: ${cause.message}` : '';
  return `${code}: ${message}${more}`;
}

const MAX_HEAD = 200;

/**
 * The head of a message that may go on with values of the input: what is in front of its first colon, quote or line
 * break, which is the name of a rule or builtin.
 */
export function redactMessage(message: string): string {
  const [head = ''] = message.split(/[:"'`\r\n]/, 1);
  return head.trim().slice(0, MAX_HEAD);
}
