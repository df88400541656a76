import type { KeyObject } from 'node:crypto';
import { constants, createHmac, sign, timingSafeEqual, verify } from 'node:crypto';
import { BuiltinError } from '../builtin.js';

/** How an algorithm signs. */
export interface Algorithm {
  readonly family: 'hmac' | 'rsa' | 'pss' | 'ecdsa' | 'eddsa';
  /** Node's name of the hash. EdDSA has none. */
  readonly hash: string | undefined;
}

/** The algorithms by their names in JOSE. */
export const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ['HS256', { family: 'hmac', hash: 'sha256' }],
  ['HS384', { family: 'hmac', hash: 'sha384' }],
  ['HS512', { family: 'hmac', hash: 'sha512' }],
  ['RS256', { family: 'rsa', hash: 'sha256' }],
  ['RS384', { family: 'rsa', hash: 'sha384' }],
  ['RS512', { family: 'rsa', hash: 'sha512' }],
  ['PS256', { family: 'pss', hash: 'sha256' }],
  ['PS384', { family: 'pss', hash: 'sha384' }],
  ['PS512', { family: 'pss', hash: 'sha512' }],
  ['ES256', { family: 'ecdsa', hash: 'sha256' }],
  ['ES384', { family: 'ecdsa', hash: 'sha384' }],
  ['ES512', { family: 'ecdsa', hash: 'sha512' }],
  ['EdDSA', { family: 'eddsa', hash: undefined }],
]);

const KEY_TYPES: Readonly<Record<Algorithm['family'], string | undefined>> = {
  hmac: undefined,
  rsa: 'rsa',
  pss: 'rsa',
  ecdsa: 'ec',
  eddsa: 'ed25519',
};

/** How strictly a signature is checked. */
export interface VerifyOptions {
  /**
   * Whether to accept a private key and use its public half. `io.jwt.decode_verify` does, `io.jwt.verify_*` do not.
   */
  readonly takesPrivateKeys: boolean;
  /** Whether to accept any PSS salt and any split of an ECDSA signature. `io.jwt.verify_*` do. */
  readonly isLenient: boolean;
}

/** Whether a key made the signature of a text. The result is false for a key of another kind. */
export function verifySignature(
  algorithm: Algorithm,
  key: KeyObject,
  text: string,
  signature: Buffer,
  options: VerifyOptions,
): boolean {
  if (algorithm.family === 'hmac') {
    return key.type === 'secret' && sameBytes(hmacOf(algorithm, key, text), signature);
  }
  if (key.asymmetricKeyType !== KEY_TYPES[algorithm.family]) return false;
  if (key.type === 'private' && !options.takesPrivateKeys) return false;
  const data = Buffer.from(text, 'latin1');
  try {
    switch (algorithm.family) {
      case 'pss':
        return verify(algorithm.hash, data, pssKey(key, options.isLenient), signature);
      case 'ecdsa':
        return options.isLenient
          ? verify(algorithm.hash, data, key, derSignature(signature))
          : verify(algorithm.hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
      default:
        return verify(algorithm.hash, data, key, signature);
    }
  } catch {
    // OpenSSL refuses the key for this algorithm or the form of the signature. Then this key did not make the
    // signature.
    return false;
  }
}

/** A signature of a text. */
export function createSignature(algorithm: Algorithm, key: KeyObject, text: string): Buffer {
  if (algorithm.family === 'hmac') {
    if (key.type !== 'secret') throw new BuiltinError('jwsbb.Sign: invalid key type. []byte is required');
    return hmacOf(algorithm, key, text);
  }
  if (key.type !== 'private' || key.asymmetricKeyType !== KEY_TYPES[algorithm.family]) {
    throw new BuiltinError('jwsbb.Sign: invalid key type. A private key of the algorithm is required');
  }
  const data = Buffer.from(text, 'latin1');
  switch (algorithm.family) {
    case 'pss':
      return sign(algorithm.hash, data, pssKey(key, false));
    case 'ecdsa':
      return sign(algorithm.hash, data, { key, dsaEncoding: 'ieee-p1363' });
    default:
      return sign(algorithm.hash, data, key);
  }
}

/** Compares bytes in constant time. */
function sameBytes(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function hmacOf({ hash = 'sha256' }: Algorithm, key: KeyObject, text: string): Buffer {
  return createHmac(hash, key).update(text, 'latin1').digest();
}

function pssKey(key: KeyObject, isLenient: boolean): { key: KeyObject; padding: number; saltLength: number } {
  const saltLength = isLenient ? constants.RSA_PSS_SALTLEN_AUTO : constants.RSA_PSS_SALTLEN_DIGEST;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}

/** Converts two halves of any length to the DER sequence that OpenSSL reads. */
function derSignature(signature: Buffer): Buffer {
  const half = Math.floor(signature.length / 2);
  const content = Buffer.concat([
    derInteger(signature.subarray(0, half)),
    derInteger(signature.subarray(half)),
  ]);
  return derElement(0x30, content);
}

function derInteger(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const magnitude = bytes.subarray(start);
  const isHigh = ((magnitude[0] ?? 0) & 0x80) !== 0;
  return derElement(
    0x02,
    isHigh || magnitude.length === 0 ? Buffer.concat([Buffer.from([0]), magnitude]) : magnitude,
  );
}

function derElement(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
