import { jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import type { AuthConfig } from '../config/index.js';
import { KeysUnavailableError } from './key-set.js';
import type { Claims } from './subject.js';

// Asymmetric ones alone: with HS256 an issuer's public key would do as the secret.
const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

/** The token isn't one that the issuer gave for this gateway, or isn't any more. */
export class InvalidTokenError extends Error {
  override readonly name = 'InvalidTokenError';
}

/** Checks tokens: signature, issuer, audience, expiry, and a subject. */
export class TokenVerifier {
  constructor(
    private readonly keys: JWTVerifyGetKey,
    private readonly expected: Pick<AuthConfig, 'issuer' | 'audience'>,
  ) {}

  /**
   * Gives the claims of a token.
   *
   * @throws InvalidTokenError when the token is wrong
   * @throws KeysUnavailableError when it can't be checked
   */
  async verify(token: string): Promise<Claims> {
    const claims = await this.claims(token);
    const { sub } = claims;
    if (typeof sub !== 'string' || sub.trim() === '') throw new InvalidTokenError('the token has no sub');
    return { ...claims, sub };
  }

  private async claims(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.expected;
    try {
      const options = { issuer, audience, algorithms: ALGORITHMS, requiredClaims: ['exp'] };
      return (await jwtVerify(token, this.keys, options)).payload;
    } catch (cause) {
      if (cause instanceof KeysUnavailableError) throw cause;
      throw new InvalidTokenError('the token is not valid', { cause });
    }
  }
}
