import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import type { Value } from '../../values/index.js';
import { numberFromInteger } from '../../values/index.js';
import { GoError } from '../go/error.js';
import { KEY_ALGORITHM, keyAlgorithm, readAlgorithm } from './algorithms.js';
import { DerReader, rightAligned, TAG } from './der.js';

/** A public key: its algorithm and layout as Go has them, and Node's key to verify signatures with. */
export interface PublicKey {
  readonly algorithm: number;
  readonly value: Value;
  /** Undefined for a key that Go cannot verify signatures with. */
  readonly key: KeyObject | undefined;
}

const NULL = '0500';
const ED25519_LENGTH = 32;
const LARGEST_EXPONENT = 2n ** 63n;
const UNCOMPRESSED = 4;

/** Curves by their identifiers: how many bytes a coordinate has. */
const CURVES: ReadonlyMap<string, number> = new Map([
  ['1.3.132.0.33', 28],
  ['1.2.840.10045.3.1.7', 32],
  ['1.3.132.0.34', 48],
  ['1.3.132.0.35', 66],
]);

/** Reads a public key with its algorithm. */
export function parsePublicKey(raw: Buffer): PublicKey {
  const problem = 'x509: malformed spki';
  const info = new DerReader(raw).enter(TAG.sequence, problem);
  const { oid, parameters } = readAlgorithm(
    info.content(TAG.sequence, 'x509: malformed public key algorithm identifier'),
  );
  const algorithm = keyAlgorithm(oid);
  const data = rightAligned(info.bits('x509: malformed subjectPublicKey'));
  switch (algorithm) {
    case KEY_ALGORITHM.rsa:
      return { algorithm, value: rsaValue(data, parameters), key: nodeKey(raw) };
    case KEY_ALGORITHM.ecdsa:
      return { algorithm, value: ecValue(data, parameters), key: nodeKey(raw) };
    case KEY_ALGORITHM.ed25519:
      if (parameters.length > 0) throw new GoError('x509: Ed25519 key encoded with illegal parameters');
      if (data.length !== ED25519_LENGTH) throw new GoError('x509: wrong Ed25519 public key size');
      return { algorithm, value: data.toString('base64'), key: nodeKey(raw) };
    case KEY_ALGORITHM.dsa:
      return { algorithm, value: dsaValue(data, parameters), key: undefined };
    default:
      return { algorithm, value: null, key: undefined };
  }
}

function rsaValue(data: Buffer, parameters: Buffer): Value {
  if (parameters.toString('hex') !== NULL) throw new GoError('x509: RSA key missing NULL parameters');
  const reader = new DerReader(data).enter(TAG.sequence, 'x509: invalid RSA public key');
  const modulus = reader.integer('x509: invalid RSA modulus');
  const exponent = reader.integer('x509: invalid RSA public exponent');
  if (modulus <= 0n) throw new GoError('x509: RSA modulus is not a positive number');
  if (exponent <= 0n) throw new GoError('x509: RSA public exponent is not a positive number');
  if (exponent >= LARGEST_EXPONENT) throw new GoError('x509: invalid RSA public exponent');
  return { E: numberFromInteger(exponent), N: numberFromInteger(modulus) };
}

function ecValue(data: Buffer, parameters: Buffer): Value {
  const oid = new DerReader(parameters).oid('x509: invalid ECDSA parameters').join('.');
  const size = CURVES.get(oid);
  if (size === undefined) throw new GoError('x509: unsupported elliptic curve');
  if (data[0] !== UNCOMPRESSED || data.length !== 1 + 2 * size) {
    throw new GoError('crypto/ecdsa: invalid uncompressed public key');
  }
  const [x, y] = [data.subarray(1, 1 + size), data.subarray(1 + size)];
  return { Curve: {}, X: bytesNumber(x), Y: bytesNumber(y) };
}

function dsaValue(data: Buffer, parameters: Buffer): Value {
  const problem = 'x509: invalid DSA parameters';
  const y = new DerReader(data).integer('x509: invalid DSA public key');
  const reader = new DerReader(parameters).enter(TAG.sequence, problem);
  const [p, q, g] = [reader.integer(problem), reader.integer(problem), reader.integer(problem)] as const;
  if ([y, p, q, g].some((number) => number <= 0n)) {
    throw new GoError('x509: zero or negative DSA parameter');
  }
  return {
    G: numberFromInteger(g),
    P: numberFromInteger(p),
    Q: numberFromInteger(q),
    Y: numberFromInteger(y),
  };
}

/** The number of some bytes, high byte first. */
export function bytesNumber(bytes: Uint8Array): Value {
  return numberFromInteger(BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`));
}

function nodeKey(raw: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: raw, format: 'der', type: 'spki' });
  } catch {
    // OpenSSL refuses some keys that Go accepts. Such a key verifies no signature.
    return undefined;
  }
}
