/**
 * The gateway can't use the configuration. The message is a single line that names the problem and the fix.
 *
 * @example
 * ```ts
 * import { ConfigError, startGateway } from 'nestjs-opa-gateway';
 *
 * await startGateway('gateway.yaml').catch((error: unknown) => {
 *   console.error(error instanceof ConfigError ? error.message : error);
 * });
 * ```
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
