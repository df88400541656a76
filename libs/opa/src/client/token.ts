import { OpaError, promiseTry, satisfying } from '../contracts/index.js';
import type { BoundedWaits, PhaseClock } from '../transport/index.js';
import { credential } from './credential.js';

/** Why a token is asked for. */
export interface OpaTokenRequest {
  /** OPA has just answered 401 to the last one: give a new one, if there is one. */
  readonly refused: boolean;
}

type GiveToken = (request: OpaTokenRequest) => string | Promise<string>;

/**
 * This client's bearer token for OPA: the text itself; the file that holds it, read again when it changes; or a
 * function that gives the current one and is called for each request, and again after a 401: once for all requests that
 * are refused before it has given another one.
 */
export type OpaToken = string | { readonly file: string } | GiveToken;

/** An {@link OpaToken} with its file opened: the text, or what reads the current one. */
export type TokenSource = string | TokenReader;

/** Gives the current token; when OPA has just refused the last one, another one if there is one. */
export interface TokenReader {
  /** @param deadline - of the decision that asks, as `performance.now()` gives it */
  read(refused: boolean, deadline: number): unknown;
}

/** Reads a token from a function. A token that expires is refused to many at once, which share the next one. */
export class TokenFunction implements TokenReader {
  private renewal: Renewal | undefined;

  constructor(private readonly give: GiveToken) {}

  read(refused: boolean, deadline: number): unknown {
    if (!refused) return this.give({ refused });
    if (this.renewal?.shared !== true) this.renewal = new Renewal(this.give, deadline);
    return this.renewal.token;
  }
}

/** A new token on its way; one that is lost is shared no longer than by the decision that asked for it. */
class Renewal {
  readonly token: Promise<unknown>;
  private settled = false;

  constructor(
    give: GiveToken,
    private readonly deadline: number,
  ) {
    this.token = promiseTry(() => give({ refused: true })).finally(() => (this.settled = true));
  }

  get shared(): boolean {
    return !this.settled && performance.now() < this.deadline;
  }
}

const BEARER = /^[\x21-\x7e]+$/;

const isFile = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).join() === 'file' &&
  typeof (value as { file: unknown }).file === 'string';

/** Accepts an {@link OpaToken}. */
export const tokenSchema = satisfying(
  (value) =>
    typeof value === 'function' || (typeof value === 'string' && BEARER.test(value)) || isFile(value),
  'a bearer token (text without white space), { file }, or a function that gives one',
);

const GIVER = 'The function or file in option "token"';

/**
 * Gives the `Authorization` header of the next request.
 *
 * @param refused - OPA has just answered 401 to the last one
 * @throws OpaError `OPA_UNAUTHORIZED` when the file or function fails, is late or gives something that isn't a token;
 * its value is in no message
 */
export async function authorization(
  source: TokenSource,
  refused: boolean,
  clock: PhaseClock,
  waits: BoundedWaits,
): Promise<string> {
  const status = refused ? 401 : undefined;
  const part = { giver: GIVER, status };
  const value =
    typeof source === 'string'
      ? source
      : await credential(part, clock, waits, () => source.read(refused, clock.deadline));
  const text = Buffer.isBuffer(value) ? value.toString().trim() : value;
  if (typeof text === 'string' && BEARER.test(text)) return `Bearer ${text}`;
  throw new OpaError('OPA_UNAUTHORIZED', `${GIVER} did not give a bearer token.`, { status });
}
