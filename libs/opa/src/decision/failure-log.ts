import type { Logger } from '@nestjs/common';
import type { OpaErrorCode } from '../contracts/index.js';
import { OpaError, withCause } from '../contracts/index.js';

// A client causes the first at will. The limiter logs once when it can't count, and not again for each request.
const QUIET: ReadonlySet<OpaErrorCode> = new Set(['OPA_RATE_LIMITED', 'OPA_LIMITER_UNAVAILABLE']);

/**
 * Logs why a decision failed. Failures that the client caused are logged at debug level, so that a client can't fill the
 * log.
 */
export function logFailure(logger: Logger, error: unknown): void {
  if (!(error instanceof OpaError)) {
    logger.error(`A decision failed: ${String(error)}`);
    return;
  }
  if (error.code === 'OPA_ABORTED') return;
  if (error.clientFault || QUIET.has(error.code)) logger.debug(withCause(error));
  else logger.error(withCause(error));
}
