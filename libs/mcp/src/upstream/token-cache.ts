import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { SharedRequest } from './shared-request.js';

const MAX_TOKENS = 10_000;
/** How long a token without a lifetime is used, in milliseconds. */
const DEFAULT_LIFETIME_MS = 60_000;
/** A token is replaced this part of its lifetime before it expires, but at most 30 seconds before. */
const RESERVE = 0.1;
const MAX_RESERVE_MS = 30_000;
/** How long a renewed token that the upstream has never accepted is not renewed again, in milliseconds. */
const RENEWAL_PAUSE_MS = 10_000;

/** A token as the authorization server issues it. */
export interface IssuedToken {
  readonly value: string;
  /** In seconds; `undefined` when the authorization server names no lifetime. */
  readonly lifetime: number | undefined;
}

/** A token in use. */
export interface AccessToken {
  readonly value: string;
  /** When the token replaced a token that the upstream refused, by the clock; `undefined` for any other token. */
  readonly renewedAt: number | undefined;
  /** Whether the upstream has accepted the token. */
  isAccepted: boolean;
}

/**
 * Requests a token.
 *
 * @param subjectToken - the token of the user; `undefined` for a token of the gateway itself
 */
export type RequestToken = (subjectToken: string | undefined, signal: AbortSignal) => Promise<IssuedToken>;

/** Stores tokens until they expire. All callers that need the same token share one request. */
export class TokenCache {
  private readonly tokens: LRUCache<string, AccessToken>;
  private readonly requests = new Map<string, SharedRequest<AccessToken>>();

  /** @param clock - a monotonic clock in milliseconds */
  constructor(
    private readonly request: RequestToken,
    private readonly clock: { now(): number } = performance,
  ) {
    // With a resolution of 0 the cache reads the clock each time and starts no timer.
    this.tokens = new LRUCache({ max: MAX_TOKENS, ttlResolution: 0, perf: clock });
  }

  /** The current token for a subject token. Requests a token when none is stored. */
  async get(subjectToken: string | undefined, signal: AbortSignal): Promise<AccessToken> {
    return this.tokens.get(keyOf(subjectToken)) ?? (await this.shared(subjectToken, signal, false));
  }

  /**
   * Replaces a token that the upstream refused, unless another caller has done so already.
   *
   * @returns `undefined` when the token is a renewed token of the last seconds, which the upstream has never accepted
   */
  async renew(
    refused: AccessToken,
    subjectToken: string | undefined,
    signal: AbortSignal,
  ): Promise<AccessToken | undefined> {
    const { renewedAt, isAccepted } = refused;
    const isRecent = renewedAt !== undefined && this.clock.now() - renewedAt < RENEWAL_PAUSE_MS;
    if (isRecent && !isAccepted) return undefined;
    const key = keyOf(subjectToken);
    const stored = this.tokens.get(key);
    if (stored !== undefined && stored !== refused) return stored;
    this.tokens.delete(key);
    return this.shared(subjectToken, signal, true);
  }

  private shared(
    subjectToken: string | undefined,
    signal: AbortSignal,
    isRenewal: boolean,
  ): Promise<AccessToken> {
    const key = keyOf(subjectToken);
    let request = this.requests.get(key);
    if (request === undefined) {
      const run = (ended: AbortSignal) => this.issue(key, subjectToken, ended, isRenewal);
      const started = new SharedRequest<AccessToken>(run, () => {
        if (this.requests.get(key) === started) this.requests.delete(key);
      });
      request = started;
      this.requests.set(key, request);
    }
    return request.wait(signal);
  }

  private async issue(
    key: string,
    subjectToken: string | undefined,
    signal: AbortSignal,
    isRenewal: boolean,
  ): Promise<AccessToken> {
    const requestedAt = this.clock.now();
    const { value, lifetime } = await this.request(subjectToken, signal);
    const total = lifetime === undefined ? DEFAULT_LIFETIME_MS : lifetime * 1_000;
    const age = this.clock.now() - requestedAt;
    const ttl = Math.floor(total - Math.min(total * RESERVE, MAX_RESERVE_MS) - age);
    const token = { value, renewedAt: isRenewal ? this.clock.now() : undefined, isAccepted: false };
    if (ttl > 0) this.tokens.set(key, token, { ttl });
    return token;
  }
}

/** The hash of a user's token, because memory must not hold the tokens of former users. */
const keyOf = (subjectToken: string | undefined): string =>
  subjectToken === undefined ? '' : createHash('sha256').update(subjectToken).digest('base64');
