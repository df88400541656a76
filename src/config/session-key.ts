import { ConfigError } from './config-error.js';
import { variable } from './environment.js';
import type { Environment } from './environment.js';

const MIN_LENGTH = 32;

/**
 * The session secret from `GATEWAY_SESSION_KEY`, which all replicas of a gateway share. Without a secret, sessions end
 * with the process.
 *
 * @throws ConfigError when the secret is shorter than 32 characters
 */
export function sessionKey(env: Environment): string | undefined {
  const secret = variable(env, 'GATEWAY_SESSION_KEY');
  if (secret !== undefined && secret.length < MIN_LENGTH) {
    throw new ConfigError(`GATEWAY_SESSION_KEY: give at least ${MIN_LENGTH} random characters`);
  }
  return secret;
}
