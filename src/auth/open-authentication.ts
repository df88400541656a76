import type { AuthConfig } from '../config/index.js';
import type { Authentication } from './auth.guard.js';
import { openKeySet } from './key-set.js';
import { TokenVerifier } from './token-verifier.js';

/**
 * Creates the settings of AuthGuard from the configuration. Without `auth` the guard does not read tokens.
 *
 * @throws ConfigError | OpaError when the file of the keys can't be used
 */
export function openAuthentication(auth: AuthConfig | undefined, production: boolean): Authentication {
  if (!auth) return { anonymous: true, audience: [], scopes: [] };
  return {
    verifier: new TokenVerifier(openKeySet(auth.jwks, production), auth.issuer),
    anonymous: auth.anonymous,
    audience: auth.audience,
    scopes: auth.scopes,
  };
}
