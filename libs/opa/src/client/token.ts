import { z } from 'zod';
import type { EvaluateOptions } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import type { FreshFile, Waits } from '../transport/index.js';

/** Why a token is asked for. */
export interface OpaTokenRequest {
  /** OPA has just answered 401 to the last one: give a new one, if there is one. */
  readonly refused: boolean;
}

/**
 * This client's bearer token for OPA: the text itself; the file that holds it, read again when it changes; or a
 * function that gives the current one and is called for each request, and again after a 401.
 */
export type OpaToken =
  string | { readonly file: string } | ((request: OpaTokenRequest) => string | Promise<string>);

/** An {@link OpaToken} with its file opened. */
export type TokenSource = Exclude<OpaToken, { file: string }> | FreshFile;

const BEARER = /^[\x21-\x7e]+$/;

const isFile = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).join() === 'file' &&
  typeof (value as { file: unknown }).file === 'string';

/** Accepts an {@link OpaToken}. */
export const tokenSchema = z.custom<OpaToken>(
  (value) =>
    typeof value === 'function' || (typeof value === 'string' && BEARER.test(value)) || isFile(value),
  { error: 'a bearer token (text without white space), { file }, or a function that gives one' },
);

/**
 * Gives the `Authorization` header of the next request.
 *
 * @param refused - OPA has just answered 401 to the last one
 * @throws OpaError `OPA_UNAUTHORIZED` when the file or function fails or gives something that isn't a token; its
 * value is in no message
 */
export async function authorization(
  source: TokenSource,
  refused: boolean,
  bounds: EvaluateOptions,
  waits: Waits,
): Promise<string> {
  let value: unknown;
  try {
    value = await waits.bounded('The token', bounds, async () => tokenOf(source, refused));
  } catch (error) {
    if (error instanceof OpaError) throw error;
    throw new OpaError('OPA_UNAUTHORIZED', 'The function or file in option "token" failed.', {
      cause: error,
    });
  }
  if (typeof value === 'string' && BEARER.test(value)) return `Bearer ${value}`;
  throw new OpaError(
    'OPA_UNAUTHORIZED',
    'The function or file in option "token" did not give a bearer token.',
  );
}

async function tokenOf(source: TokenSource, refused: boolean): Promise<unknown> {
  if (typeof source === 'string') return source;
  if (typeof source === 'function') return source({ refused });
  return (await source.read(refused)).toString().trim();
}
