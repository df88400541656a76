import type { Logger } from '@nestjs/common';
import { isError, OpaError } from '../contracts/index.js';

/** Logs why a decision failed. What a client alone is to blame for is no error, for it could fill the log with them. */
export function logFailure(logger: Logger, error: unknown): void {
  if (!(error instanceof OpaError)) {
    logger.error(`A decision failed: ${String(error)}`);
    return;
  }
  const { code, message, cause, clientFault } = error;
  if (code === 'OPA_ABORTED') return;
  const line = `${code}: ${message}${isError(cause) ? ` Cause: ${cause.message}` : ''}`;
  if (clientFault) logger.debug(line);
  else logger.error(line);
}
