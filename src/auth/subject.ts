/** The claims of a verified token. */
export interface Claims {
  /** The subject of the token; never empty. */
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/** The user of a request: the token's claims, with `type` and `id` for every policy. */
export interface Subject {
  readonly type: 'user';
  /** The token's `sub`. */
  readonly id: string;
  readonly [claim: string]: unknown;
}

/** Makes the user of a request from the claims of its token. */
export const userOf = (claims: Claims): Subject => ({ ...claims, type: 'user', id: claims.sub });
