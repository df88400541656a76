import { attempt } from '../failure.js';
import { contextTag, DerReader, TAG } from './der.js';

/** The kind of a key. The number is Go's. */
export const KEY_ALGORITHM = { unknown: 0, rsa: 1, dsa: 2, ecdsa: 3, ed25519: 4 } as const;

/** A signature algorithm with Go's number. The hash is absent if Go refuses it in certificates. */
export interface SignatureAlgorithm {
  readonly number: number;
  readonly key: number;
  readonly hash?: string;
  readonly isPss?: boolean;
}

/** An algorithm's identifier: its numbers joined by dots, and the DER of its parameters. */
export interface AlgorithmIdentifier {
  readonly oid: string;
  readonly parameters: Buffer;
}

const UNKNOWN: SignatureAlgorithm = { number: 0, key: KEY_ALGORITHM.unknown };
const { rsa, dsa, ecdsa, ed25519 } = KEY_ALGORITHM;
const RSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';
const ED25519 = '1.3.101.112';
const NULL = '0500';

const SIGNATURES: ReadonlyMap<string, SignatureAlgorithm> = new Map<string, SignatureAlgorithm>([
  ['1.2.840.113549.1.1.4', { number: 2, key: rsa }],
  ['1.2.840.113549.1.1.5', { number: 3, key: rsa }],
  ['1.2.840.113549.1.1.11', { number: 4, key: rsa, hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { number: 5, key: rsa, hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { number: 6, key: rsa, hash: 'sha512' }],
  ['1.2.840.10040.4.3', { number: 7, key: dsa }],
  ['2.16.840.1.101.3.4.3.2', { number: 8, key: dsa }],
  ['1.2.840.10045.4.1', { number: 9, key: ecdsa }],
  ['1.2.840.10045.4.3.2', { number: 10, key: ecdsa, hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { number: 11, key: ecdsa, hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { number: 12, key: ecdsa, hash: 'sha512' }],
  [ED25519, { number: 16, key: ed25519 }],
]);

const PSS: ReadonlyMap<string, SignatureAlgorithm & { readonly salt: bigint }> = new Map([
  ['2.16.840.1.101.3.4.2.1', { number: 13, key: rsa, hash: 'sha256', isPss: true, salt: 32n }],
  ['2.16.840.1.101.3.4.2.2', { number: 14, key: rsa, hash: 'sha384', isPss: true, salt: 48n }],
  ['2.16.840.1.101.3.4.2.3', { number: 15, key: rsa, hash: 'sha512', isPss: true, salt: 64n }],
]);

const KEYS: ReadonlyMap<string, number> = new Map<string, number>([
  ['1.2.840.113549.1.1.1', rsa],
  ['1.2.840.10040.4.1', dsa],
  ['1.2.840.10045.2.1', ecdsa],
  [ED25519, ed25519],
]);

/** Reads an algorithm's identifier from the content of its sequence. */
export function readAlgorithm(content: Buffer): AlgorithmIdentifier {
  const reader = new DerReader(content);
  const oid = reader.oid('x509: malformed OID').join('.');
  const parameters = reader.isEmpty ? Buffer.alloc(0) : reader.any('x509: malformed parameters').raw;
  return { oid, parameters };
}

/** Go's algorithm of a key. */
export function keyAlgorithm(oid: string): number {
  return KEYS.get(oid) ?? KEY_ALGORITHM.unknown;
}

/** Go's algorithm of a signature. */
export function signatureAlgorithm({ oid, parameters }: AlgorithmIdentifier): SignatureAlgorithm {
  if (oid === RSA_PSS) return attempt(() => pssAlgorithm(parameters))?.[0] ?? UNKNOWN;
  if (oid === ED25519 && parameters.length > 0) return UNKNOWN;
  return SIGNATURES.get(oid) ?? UNKNOWN;
}

/** The PSS algorithm for some parameters. Go accepts one hash for both uses, and a salt of the hash's length. */
function pssAlgorithm(parameters: Buffer): SignatureAlgorithm {
  const problem = 'asn1: structure error';
  const reader = new DerReader(parameters).enter(TAG.sequence, problem);
  const hash = nestedAlgorithm(reader.enter(contextTag(0, true), problem), problem);
  const generator = nestedAlgorithm(reader.enter(contextTag(1, true), problem), problem);
  const generatorHash = nestedAlgorithm(new DerReader(generator.parameters), problem);
  const salt = reader.enter(contextTag(2, true), problem).integer(problem);
  const trailer = reader.optional(contextTag(3, true), problem);
  const isUsual =
    hasNoParameters(hash) &&
    generator.oid === MGF1 &&
    generatorHash.oid === hash.oid &&
    hasNoParameters(generatorHash) &&
    (trailer === undefined || new DerReader(trailer).integer(problem) === 1n);
  const known = PSS.get(hash.oid);
  return isUsual && known?.salt === salt ? known : UNKNOWN;
}

function nestedAlgorithm(reader: DerReader, problem: string): AlgorithmIdentifier {
  return readAlgorithm(reader.content(TAG.sequence, problem));
}

function hasNoParameters({ parameters }: AlgorithmIdentifier): boolean {
  return parameters.length === 0 || parameters.toString('hex') === NULL;
}
