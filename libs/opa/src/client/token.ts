import { custom } from 'valibot';
import { OpaError, promiseTry } from '../contracts/index.js';
import type { BoundedWaits, PhaseClock } from '../transport/index.js';
import { credential } from './credential.js';

/** Why the module requests a token. */
export interface OpaTokenRequest {
  /** OPA has just returned 401 for the last token. Return a new token if there is one. */
  readonly refused: boolean;
}

/**
 * The bearer token of this client for OPA, in one of three forms:
 *
 * - the text of the token;
 * - `{ file }`: a file with the token, which the module reads again when it changes;
 * - a function that returns the current token. The module calls it for each request. After a 401 the module calls it once
 *   more, for all requests that OPA refused meanwhile.
 *
 * @example
 * ```ts
 * import { OpaModule } from 'nestjs-opa';
 * import type { OpaToken } from 'nestjs-opa';
 *
 * const fromFile: OpaToken = { file: '/var/run/secrets/opa/token' };
 * const fromFunction: OpaToken = async () => (await fetch('http://127.0.0.1:8200/token')).text();
 *
 * OpaModule.forRoot({ url: 'https://opa:8181', token: fromFile });
 * ```
 */
export type OpaToken =
  string | { readonly file: string } | ((request: OpaTokenRequest) => string | Promise<string>);

type TokenProvider = Extract<OpaToken, (...args: never[]) => unknown>;

/** An {@link OpaToken} after the start: the text, or a reader of the current token. */
export type TokenSource = string | TokenReader;

/** Reads the current token; after OPA refused the last token, a new one if there is one. */
export interface TokenReader {
  /** @param deadline - the deadline of the decision that needs the token, as `performance.now()` gives it */
  read(refused: boolean, deadline: number): unknown;
}

/** Reads a token from a function. OPA refuses an expired token of many requests at once: they share the next token. */
export class TokenFunction implements TokenReader {
  private renewal: Renewal | undefined;

  constructor(private readonly provide: TokenProvider) {}

  read(refused: boolean, deadline: number): unknown {
    if (!refused) return this.provide({ refused });
    if (this.renewal?.shared !== true) this.renewal = new Renewal(this.provide, deadline);
    return this.renewal.token;
  }
}

/** A call for a new token. A call that never returns is shared only until the deadline of the first decision. */
class Renewal {
  readonly token: Promise<unknown>;
  private settled = false;

  constructor(
    provide: TokenProvider,
    private readonly deadline: number,
  ) {
    this.token = promiseTry(() => provide({ refused: true })).finally(() => (this.settled = true));
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
export const tokenSchema = custom(
  (value) =>
    typeof value === 'function' || (typeof value === 'string' && BEARER.test(value)) || isFile(value),
  'a bearer token (text without white space), { file }, or a function that returns a token',
);

const SOURCE = 'The function or file in option "token"';

/**
 * Returns the `Authorization` header of the next request.
 *
 * @param refused - OPA has just returned 401 for the last one
 * @throws OpaError `OPA_UNAUTHORIZED` when the file or function fails, is late or returns no token; the
 * message never holds the value
 */
export async function authorization(
  source: TokenSource,
  refused: boolean,
  clock: PhaseClock,
  waits: BoundedWaits,
): Promise<string> {
  const status = refused ? 401 : undefined;
  const part = { source: SOURCE, status };
  const value =
    typeof source === 'string'
      ? source
      : await credential(part, clock, waits, () => source.read(refused, clock.deadline));
  const text = Buffer.isBuffer(value) ? value.toString().trim() : value;
  if (typeof text === 'string' && BEARER.test(text)) return `Bearer ${text}`;
  throw new OpaError('OPA_UNAUTHORIZED', `${SOURCE} did not return a bearer token.`, { status });
}
