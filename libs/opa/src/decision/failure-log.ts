import type { Logger } from '@nestjs/common';
import { OpaError, withCause } from '../contracts/index.js';

/** Logs why a decision failed. What a client alone is to blame for is no error, for it could fill the log with them. */
export function logFailure(logger: Logger, error: unknown): void {
  if (!(error instanceof OpaError)) {
    logger.error(`A decision failed: ${String(error)}`);
    return;
  }
  if (error.code === 'OPA_ABORTED') return;
  if (error.clientFault) logger.debug(withCause(error));
  else logger.error(withCause(error));
}
