import { types } from 'node:util';
import { redactCause } from './redact-cause.js';

/**
 * Why a decision failed. The codes are the same on every kind of route.
 *
 * - `OPA_UNREACHABLE`: the connection was refused, reset or closed too early; DNS or connecting failed; or OPA or a proxy
 *   returned 502, 503 or 504.
 * - `OPA_TIMEOUT`: OPA did not respond before the deadline.
 * - `OPA_OVERLOADED`: this process has too much to do (a full queue, a blocked event loop), or OPA returned 429.
 * - `OPA_CIRCUIT_OPEN`: the circuit breaker is open.
 * - `OPA_CLOSED`: the module has been closed.
 * - `OPA_ABORTED`: the caller's signal was aborted.
 * - `OPA_BAD_ANSWER`: the response is not a response of OPA's REST API.
 * - `OPA_BAD_DECISION`: the policy's document isn't a decision.
 * - `OPA_POLICY_ERROR`: the policy failed during its evaluation.
 * - `OPA_UNAUTHORIZED`: OPA refused this client's credential, or the credential could not be read in time.
 * - `OPA_BAD_INPUT`: the input can't be built, can't be written as JSON, or is too large.
 * - `OPA_BAD_OPTIONS`: an option of the module or of a decorator is wrong.
 * - `OPA_BAD_BUNDLE`: the embedded engine can't use the bundle.
 * - `OPA_RATE_LIMITED`: an obligation `limit` stopped the request.
 * - `OPA_LIMITER_UNAVAILABLE`: the requests of an obligation `limit` could not be counted.
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
  | 'OPA_BAD_BUNDLE'
  | 'OPA_RATE_LIMITED'
  | 'OPA_LIMITER_UNAVAILABLE';

/** The details of an {@link OpaError}. */
export interface OpaErrorDetails {
  /** The underlying error. The request that an HTTP client's error holds is removed. */
  cause?: unknown;
  /** The HTTP status of OPA's response. */
  status?: number | undefined;
  /** How long clients must wait before a retry, in milliseconds: OPA's `Retry-After`, or the rest of a limit's window. */
  retryAfterMs?: number | undefined;
  /** With `OPA_BAD_INPUT`: the client's data is the reason, and the client gets a 400. Default: `false`. */
  clientFault?: boolean | undefined;
  /** With `OPA_BAD_INPUT`: the input exceeds option `input.maxBytes` or `input.maxResponseBytes`. Default: `false`. */
  tooLarge?: boolean | undefined;
  /**
   * With `OPA_TIMEOUT` or `OPA_UNREACHABLE`: the input or the policy may be the reason, so no fallback is used.
   * Default: `false`.
   */
  noFallback?: boolean | undefined;
}

const BRAND = Symbol.for('nestjs-opa:error');

/**
 * The error that this library throws when there is no decision.
 *
 * @example
 * ```ts
 * import { OpaError } from 'nestjs-opa';
 * import type { OpaService } from 'nestjs-opa';
 *
 * async function mayRead(opa: OpaService, subject: object): Promise<boolean> {
 *   try {
 *     const { allowed } = await opa.decide({ policy: 'orders/read', input: { subject } });
 *     return allowed;
 *   } catch (error) {
 *     if (error instanceof OpaError && error.code === 'OPA_TIMEOUT') return false;
 *     throw error;
 *   }
 * }
 * ```
 *
 * @remarks `message` is for the log. It may name OPA's address, but never a header, a token or an input.
 * `instanceof` works across the ESM and the CommonJS build.
 */
export class OpaError extends Error {
  override readonly name = 'OpaError';
  /** See {@link OpaErrorDetails.status}. */
  readonly status: number | undefined;
  /** See {@link OpaErrorDetails.retryAfterMs}. */
  readonly retryAfterMs: number | undefined;
  /** See {@link OpaErrorDetails.clientFault}. */
  readonly clientFault: boolean;
  /** See {@link OpaErrorDetails.tooLarge}. */
  readonly tooLarge: boolean;
  /** See {@link OpaErrorDetails.noFallback}. */
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

/** Converts an engine's failure to an OpaError. Any other error becomes `OPA_POLICY_ERROR`. */
export function opaErrorOf(failure: unknown): OpaError {
  if (failure instanceof OpaError) return failure;
  return new OpaError('OPA_POLICY_ERROR', 'The policy engine failed.', { cause: failure });
}

/**
 * Tells whether an error means that OPA is unavailable: unreachable, late, or behind an open circuit.
 *
 * @remarks Only then may a fallback or fail-open replace the decision. An overload (`OPA_OVERLOADED`), a large input or a
 * slow policy must never let a request through.
 */
export function isUnavailable(error: unknown): error is OpaError {
  return (
    error instanceof OpaError &&
    !error.noFallback &&
    (error.code === 'OPA_UNREACHABLE' || error.code === 'OPA_TIMEOUT' || error.code === 'OPA_CIRCUIT_OPEN')
  );
}

/** Tells whether a value is an error of any realm. Under Jest, Node's own errors come from another realm. */
export const isError: (value: unknown) => value is Error = types.isNativeError;

/** The message of a thrown value, which need not be an error. */
export function messageOf(thrown: unknown): string {
  return isError(thrown) ? thrown.message : String(thrown);
}

/** An error's code and message, and the message of its cause unless the error's message contains it. */
export function withCause({ code, message, cause }: OpaError): string {
  const more = isError(cause) && !message.includes(cause.message) ? ` Cause: ${cause.message}` : '';
  return `${code}: ${message}${more}`;
}

const MAX_HEAD = 200;

/**
 * Cuts a message that may quote values of the input. The text before the first colon, quote or line break stays: the
 * name of a rule or builtin.
 */
export function redactMessage(message: string): string {
  const [head = ''] = message.split(/[:"'`\r\n]/, 1);
  return head.trim().slice(0, MAX_HEAD);
}
