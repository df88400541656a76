/** A validated token's claims. */
export interface Claims {
  /** Who the token speaks for; never empty. */
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/** The user of a request: the token's claims beside the two that every policy can rely on. */
export interface Subject {
  readonly type: 'user';
  /** The token's `sub`. */
  readonly id: string;
  readonly [claim: string]: unknown;
}

/** The user that a token speaks for. */
export const userOf = (claims: Claims): Subject => ({ ...claims, type: 'user', id: claims.sub });
