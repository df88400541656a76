import type { JsonWebKey, KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, createSecretKey, X509Certificate } from 'node:crypto';
import type { Value } from '../../values/index.js';
import { get, isArray, isObject, toPlain } from '../../values/index.js';
import { BuiltinError } from '../builtin.js';
import { decodeJwkBytes } from '../go/base64.js';
import { decodePem } from '../go/pem.js';
import { parseJson } from '../json.js';
import type { ObjectValue } from '../operands.js';
import { elementsOf } from '../operands.js';
import { assertConsistent } from '../x509/private-keys.js';
import { ALGORITHMS } from './algorithms.js';

/** A key that may verify tokens. */
export interface VerificationKey {
  readonly alg: string;
  readonly kid: string;
  readonly key: KeyObject;
}

const MOST_KEYS = 1000;
const MOST_CACHED = 100;
const cache = new Map<string, readonly VerificationKey[]>();

/** The keys of a certificate or public key in PEM, of a JWK or of a JWKS. */
export function verificationKeys(source: string): readonly VerificationKey[] {
  const known = cache.get(source);
  if (known) return known;
  const keys = parseVerificationKeys(source);
  if (cache.size >= MOST_CACHED) cache.clear();
  cache.set(source, keys);
  return keys;
}

/** The first key of a JWK or JWKS, to sign with. */
export function signingKey(source: string): KeyObject {
  const [first] = parseJwks(source);
  if (!first) throw new BuiltinError('no keys found in JWK set');
  return first.key;
}

function parseVerificationKeys(source: string): readonly VerificationKey[] {
  const decoded = decodePem(source);
  if (!decoded) {
    const known = parseJwks(source, 'failed to parse a JWK key (set): ');
    return known.filter(({ alg }) => alg === '' || ALGORITHMS.has(alg));
  }
  const [block, rest] = decoded;
  if (rest !== '') throw new BuiltinError('extra data after a PEM certificate block');
  switch (block.type) {
    case 'CERTIFICATE':
      return [pemKey('certificate', () => new X509Certificate(block.bytes).publicKey)];
    case 'PUBLIC KEY':
      return [pemKey('public key', () => createPublicKey({ key: block.bytes, format: 'der', type: 'spki' }))];
    default:
      throw new BuiltinError('failed to extract a Key from the PEM certificate');
  }
}

function pemKey(what: string, read: () => KeyObject): VerificationKey {
  return { alg: '', kid: '', key: readKey(`failed to parse a PEM ${what}: `, read) };
}

function readKey(prefix: string, read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (error) {
    throw new BuiltinError(prefix + (error instanceof Error ? error.message : ''), { cause: error });
  }
}

function parseJwks(source: string, prefix = ''): VerificationKey[] {
  let value: Value;
  try {
    value = parseJson(source);
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    throw new BuiltinError(prefix + error.message, { cause: error });
  }
  if (!isObject(value)) throw new BuiltinError(`${prefix}a key must be an object`);
  const keys = get(value, 'keys');
  if (keys === undefined) return [parseJwk(value, prefix)];
  if (!isArray(keys)) throw new BuiltinError(`${prefix}failed to decode "keys": expected '['`);
  if (keys.length > MOST_KEYS)
    throw new BuiltinError(`${prefix}too many keys in "keys" array: max ${MOST_KEYS}`);
  return (elementsOf(keys) ?? []).map((key) => parseJwk(key, prefix));
}

function parseJwk(jwk: Value, prefix: string): VerificationKey {
  if (!isObject(jwk)) throw new BuiltinError(`${prefix}a key must be an object`);
  return { alg: field(jwk, 'alg', prefix), kid: field(jwk, 'kid', prefix), key: jwkKey(jwk, prefix) };
}

function field(jwk: ObjectValue, name: string, prefix: string): string {
  const value = get(jwk, name) ?? '';
  if (typeof value !== 'string') throw new BuiltinError(`${prefix}"${name}" must be a string`);
  return value;
}

/** The members of a JWK that hold bytes, by the type of the key (RFC 7518, section 6). */
const BYTES: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['RSA', ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']],
  ['EC', ['x', 'y', 'd']],
  ['OKP', ['x', 'd']],
]);

function jwkKey(jwk: ObjectValue, prefix: string): KeyObject {
  const type = get(jwk, 'kty');
  return readKey(prefix, () => {
    if (type === 'oct') return createSecretKey(decodeJwkBytes(field(jwk, 'k', prefix)));
    const key = toPlain(jwk) as JsonWebKey;
    // Node skips characters that are no base64url. OPA's library refuses them, and takes standard base64.
    for (const name of BYTES.get(type) ?? []) {
      const text = key[name];
      if (typeof text === 'string') key[name] = decodeJwkBytes(text).toString('base64url');
    }
    const isPrivate = get(jwk, 'd') !== undefined;
    if (isPrivate && type === 'RSA') assertConsistent(key);
    return isPrivate ? createPrivateKey({ key, format: 'jwk' }) : createPublicKey({ key, format: 'jwk' });
  });
}
