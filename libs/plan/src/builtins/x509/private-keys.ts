import type { JsonWebKey, KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import type { Value } from '../../values/index.js';
import { GoError } from '../go/error.js';
import { parseCurveKey } from './curve-key.js';
import { bytesNumber } from './public-key.js';

/** The forms of a private key's DER. */
export type KeyForm = 'pkcs1' | 'pkcs8' | 'sec1';

/** Reads a private key of RSA, of a curve, or of Ed25519. */
export function parsePrivateKey(der: Buffer, form: KeyForm): KeyObject {
  try {
    const curveKey = form === 'pkcs1' ? undefined : parseCurveKey(der, form);
    if (curveKey !== undefined) return curveKey;
    const key = createPrivateKey({ key: der, format: 'der', type: form });
    if (key.asymmetricKeyType === 'rsa') assertConsistent(exportKey(key));
    return key;
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new GoError(`x509: failed to parse private key: ${reason}`, { cause: error });
  }
}

/**
 * Checks that the numbers of an RSA key fit together, as Go does. OpenSSL believes them.
 *
 * @throws Error when the numbers do not fit together
 */
// Go's function is `checkPrivateKey` of crypto/internal/fips140/rsa.
export function assertConsistent(jwk: JsonWebKey): void {
  const big = (text: string | undefined): bigint => BigInt(`0x0${bytes(text).toString('hex')}`);
  const [n, e, d, p, q] = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q].map(big) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const [dp, dq, qi] = [jwk.dp, jwk.dq, jwk.qi].map(big) as [bigint, bigint, bigint];
  const isConsistent =
    p > 1n &&
    q > 1n &&
    p * q === n &&
    [d, dp].every((exponent) => (e * exponent) % (p - 1n) === 1n) &&
    [d, dq].every((exponent) => (e * exponent) % (q - 1n) === 1n) &&
    (qi * q) % p === 1n;
  if (!isConsistent) throw new Error('the numbers of the RSA key do not fit together');
}

/** A private key as a JWK, in the order of its fields' names. */
export function jwkValue(key: KeyObject): Value {
  const jwk = exportKey(key);
  const fields = Object.entries(jwk).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(fields.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** A private key as Go writes its own types in JSON. */
export function privateKeyValue(key: KeyObject): Value {
  const jwk = exportKey(key);
  const { kty, n, e, d, p, q, dp, dq, qi, x, y } = jwk;
  switch (kty) {
    case 'RSA':
      return {
        D: number(d),
        E: number(e),
        N: number(n),
        Precomputed: { CRTValues: [], Dp: number(dp), Dq: number(dq), Qinv: number(qi) },
        Primes: [number(p), number(q)],
      };
    case 'EC':
      return { Curve: {}, D: number(d), X: number(x), Y: number(y) };
    default:
      return Buffer.concat([bytes(d), bytes(x)]).toString('base64');
  }
}

function exportKey(key: KeyObject): JsonWebKey {
  try {
    return key.export({ format: 'jwk' });
  } catch (error) {
    throw new GoError('x509: unsupported private key', { cause: error });
  }
}

function bytes(text: string | undefined): Buffer {
  return Buffer.from(text ?? '', 'base64url');
}

function number(text: string | undefined): Value {
  return bytesNumber(bytes(text));
}
