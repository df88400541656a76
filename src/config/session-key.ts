import { ConfigError } from './config-error.js';
import { variable } from './environment.js';
import type { Environment } from './environment.js';

const MIN_LENGTH = 32;

/**
 * The secret that all replicas of a gateway share; without it sessions last as long as the process.
 *
 * @throws ConfigError when the secret is short
 */
export function sessionKey(env: Environment): string | undefined {
  const secret = variable(env, 'GATEWAY_SESSION_KEY');
  if (secret !== undefined && secret.length < MIN_LENGTH) {
    throw new ConfigError(`GATEWAY_SESSION_KEY: give at least ${MIN_LENGTH} random characters`);
  }
  return secret;
}
