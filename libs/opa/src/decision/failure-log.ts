import type { Logger } from '@nestjs/common';
import type { OpaErrorCode } from '../contracts/index.js';
import { OpaError, withCause } from '../contracts/index.js';

// A client causes a refusal by the rate limit at will. The limiter itself logs once when it can't count.
const QUIET: ReadonlySet<OpaErrorCode> = new Set(['OPA_RATE_LIMITED', 'OPA_LIMITER_UNAVAILABLE']);

// The engine makes the error. Decisions that share a query share the error, and they have the same policy.
const policies = new WeakMap<OpaError, string>();

/** Remembers the policy whose decision failed, for the log. */
export function failureOf(error: OpaError, policy: string): OpaError {
  policies.set(error, policy);
  return error;
}

/**
 * Logs why a decision failed, with the policy path. Failures that the client caused are logged at debug level, so that a
 * client can't fill the log.
 *
 * @param handler - the name of the handler; `undefined` when there is none
 */
export function logFailure(logger: Logger, error: unknown, handler?: string): void {
  const policy = error instanceof OpaError ? policies.get(error) : undefined;
  const details = [
    ...(policy === undefined ? [] : [` Policy: ${policy}.`]),
    ...(handler === undefined ? [] : [` Handler: ${handler}.`]),
  ].join('');
  if (!(error instanceof OpaError)) {
    logger.error(`A decision failed: ${String(error)}${details}`);
    return;
  }
  if (error.code === 'OPA_ABORTED') return;
  const message = withCause(error) + details;
  if (error.clientFault || QUIET.has(error.code)) logger.debug(message);
  else logger.error(message);
}
