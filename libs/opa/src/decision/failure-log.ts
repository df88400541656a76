import type { Logger } from '@nestjs/common';
import { OpaError, withCause } from '../contracts/index.js';

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
  if (error.clientFault) logger.debug(withCause(error));
  else logger.error(withCause(error));
}
