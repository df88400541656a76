import type { AuthConfig } from '../config/index.js';
import type { Authentication } from './auth.guard.js';
import { openKeySet } from './key-set.js';
import { TokenVerifier } from './token-verifier.js';

/**
 * What the guard does under a configuration; without `auth` a token isn't even read.
 *
 * @throws ConfigError when the keys' file can't be used
 */
export async function openAuthentication(
  auth: AuthConfig | undefined,
  production: boolean,
): Promise<Authentication> {
  if (!auth) return { anonymous: true };
  return {
    verifier: new TokenVerifier(await openKeySet(auth.jwks, production), auth),
    anonymous: auth.anonymous,
  };
}
