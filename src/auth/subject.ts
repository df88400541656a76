/** The user of a request: the token's claims beside the two that every policy can rely on. */
export interface Subject {
  readonly type: 'user';
  /** The token's `sub`. */
  readonly id: string;
  readonly [claim: string]: unknown;
}
