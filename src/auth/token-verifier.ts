import { jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { KeysUnavailableError } from './key-set.js';
import type { Claims } from './subject.js';

// Only asymmetric algorithms. With HS256 an attacker could sign a token with the issuer's public key as the secret.
const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

/** The token is malformed, has expired, or was not issued for this gateway. */
export class InvalidTokenError extends Error {
  override readonly name = 'InvalidTokenError';
}

/** Verifies tokens: the signature, the issuer, the audience, the expiry and the subject. */
export class TokenVerifier {
  constructor(
    private readonly keys: JWTVerifyGetKey,
    private readonly issuer: string,
  ) {}

  /**
   * Verifies a token and returns its claims.
   *
   * @param audience - the audiences of which the token must have at least one (RFC 8707)
   * @throws InvalidTokenError when the token is not valid
   * @throws KeysUnavailableError when the issuer's keys can't be loaded
   */
  async verify(token: string, audience: readonly string[]): Promise<Claims> {
    const claims = await this.claims(token, audience);
    const { sub } = claims;
    if (typeof sub !== 'string' || sub.trim() === '') throw new InvalidTokenError('the token has no sub');
    return { ...claims, sub };
  }

  private async claims(token: string, audience: readonly string[]): Promise<JWTPayload> {
    const { issuer } = this;
    try {
      const options = { issuer, audience: [...audience], algorithms: ALGORITHMS, requiredClaims: ['exp'] };
      return (await jwtVerify(token, this.keys, options)).payload;
    } catch (cause) {
      if (cause instanceof KeysUnavailableError) throw cause;
      throw new InvalidTokenError('the token is not valid', { cause });
    }
  }
}
