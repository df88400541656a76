import { createSecretKey } from 'node:crypto';
import type { Builtin, Builtins } from '../builtin.js';
import { decodeBase64Url } from '../encoding.js';
import { bytesOf } from '../go/bytes.js';
import { stringOperand } from '../operands.js';
import type { Algorithm, VerifyOptions } from './algorithms.js';
import { ALGORITHMS, verifySignature } from './algorithms.js';
import type { VerificationKey } from './keys.js';
import { verificationKeys } from './keys.js';
import { decodeHeader, readHeader, splitToken } from './token.js';

const OPTIONS: VerifyOptions = { takesPrivateKeys: false, isLenient: true };

/** `io.jwt.verify_*` */
export const jwtVerify: Builtins = Object.fromEntries(
  [...ALGORITHMS].map(([name, algorithm]) => [
    `io.jwt.verify_${name.toLowerCase()}`,
    algorithm.family === 'hmac' ? verifySecret(algorithm) : verifyKeys(algorithm),
  ]),
);

/**
 * The candidate keys for a signature. If one key has the `kid` of the header, only that key. Otherwise all keys for the
 * algorithm of the header or for any algorithm.
 */
export function candidateKeys(
  keys: readonly VerificationKey[],
  header: { readonly kid: string; readonly alg: string },
): readonly VerificationKey[] {
  const named = header.kid === '' ? undefined : keys.find(({ kid }) => kid === header.kid);
  return named ? [named] : keys.filter(({ alg }) => alg === '' || alg === header.alg);
}

function verifySecret(algorithm: Algorithm): Builtin {
  return (_context, token, secret) => {
    stringOperand(token, 1);
    const key = createSecretKey(bytesOf(stringOperand(secret, 2)));
    const parts = splitToken(token);
    const signature = decodeBase64Url(parts.signature);
    return verifySignature(algorithm, key, `${parts.header}.${parts.payload}`, signature, OPTIONS);
  };
}

function verifyKeys(algorithm: Algorithm): Builtin {
  return (_context, token, source) => {
    const parts = splitToken(token);
    const keys = verificationKeys(stringOperand(source, 2));
    const signature = decodeBase64Url(parts.signature);
    const header = readHeader(decodeHeader(parts));
    const text = `${parts.header}.${parts.payload}`;
    return candidateKeys(keys, header).some(({ key }) =>
      verifySignature(algorithm, key, text, signature, OPTIONS),
    );
  };
}
