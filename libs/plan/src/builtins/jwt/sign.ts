import type { Value } from '../../values/index.js';
import { get, isObject, toJson } from '../../values/index.js';
import type { Builtins } from '../builtin.js';
import { BuiltinError } from '../builtin.js';
import { attempt } from '../failure.js';
import { bytesOf } from '../go/bytes.js';
import { parseJson } from '../json.js';
import { stringOperand } from '../operands.js';
import { ALGORITHMS, createSignature } from './algorithms.js';
import { signingKey } from './keys.js';

/** `io.jwt.encode_sign` and `io.jwt.encode_sign_raw` */
export const jwtSign: Builtins = {
  'io.jwt.encode_sign': (_context, headers = null, payload = null, key = null) =>
    encodeSign(toJson(headers), toJson(payload), toJson(key)),
  'io.jwt.encode_sign_raw': (_context, headers, payload, key) => {
    const jwk = stringOperand(key, 3);
    return encodeSign(stringOperand(headers, 1), stringOperand(payload, 2), jwk);
  },
};

function encodeSign(headers: string, payload: string, jwk: string): string {
  const key = signingKey(jwk);
  const parsed = attempt(() => parseJson(headers))?.[0];
  const name = headerText(parsed, 'alg');
  if (name === undefined) throw missingAlgorithm(parsed);
  const algorithm = ALGORITHMS.get(name);
  if (!algorithm) throw new BuiltinError(`unknown JWS algorithm: ${name}`);
  const type = headerText(parsed, 'typ') ?? 'JWT';
  if (type === 'JWT' && attempt(() => parseJson(payload)) === undefined) {
    throw new BuiltinError('type is JWT but payload is not JSON');
  }
  const text = `${bytesOf(headers).toString('base64url')}.${bytesOf(payload).toString('base64url')}`;
  return `${text}.${createSignature(algorithm, key, text).toString('base64url')}`;
}

function headerText(headers: Value | undefined, name: string): string | undefined {
  const value = headers === undefined || !isObject(headers) ? undefined : get(headers, name);
  return typeof value === 'string' ? value : undefined;
}

function missingAlgorithm(headers: Value | undefined): BuiltinError {
  const cause = headers === undefined ? 'cannot parse JSON' : 'jwsbb: header "alg" not found';
  return new BuiltinError(`missing or invalid 'alg' header: ${cause}`);
}
