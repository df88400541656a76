import { z } from 'zod';
import type { EvaluateOptions } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import { bounded } from '../transport/index.js';

/** A bearer token for OPA, or a function that gives the current one. */
export type OpaToken = string | (() => string | Promise<string>);

const BEARER = /^[\x21-\x7e]+$/;

/** Accepts an {@link OpaToken}. */
export const tokenSchema = z.custom<OpaToken>(
  (value) => typeof value === 'function' || (typeof value === 'string' && BEARER.test(value)),
  { error: 'a bearer token (text without white space) or a function that gives one' },
);

/**
 * Gives the `Authorization` header of the next request.
 *
 * @throws OpaError `OPA_UNAUTHORIZED` when the function fails or gives something that isn't a token; its value is
 * in no message
 */
export async function authorization(
  token: Exclude<OpaToken, string>,
  bounds: EvaluateOptions,
): Promise<string> {
  let value: unknown;
  try {
    value = await bounded('The token function', bounds, async () => token());
  } catch (error) {
    if (error instanceof OpaError) throw error;
    throw new OpaError('OPA_UNAUTHORIZED', 'The function in option "token" failed.', { cause: error });
  }
  if (typeof value === 'string' && BEARER.test(value)) return `Bearer ${value}`;
  throw new OpaError('OPA_UNAUTHORIZED', 'The function in option "token" did not give a bearer token.');
}
