import { OpaError } from 'nestjs-opa';
import { ConfigError } from './config/index.js';

/**
 * Describes a failure of {@link startGateway}, for standard error.
 *
 * @param error - what `startGateway` threw
 * @returns one line for a wrong configuration; the error with its stack for anything else
 * @see {@link startGateway} for an example
 * @example
 * ```ts
 * import { startFailure, startGateway } from 'nestjs-opa-gateway';
 *
 * await startGateway('gateway.yaml').catch((error: unknown) => console.error(startFailure(error)));
 * ```
 */
export function startFailure(error: unknown): string {
  const isExpected = error instanceof ConfigError || error instanceof OpaError;
  if (isExpected) return `The gateway did not start: ${error.message.replace(/\s*\n\s*/g, ' ')}`;
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `The gateway did not start: ${details}`;
}
