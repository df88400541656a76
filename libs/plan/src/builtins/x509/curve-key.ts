import type { KeyObject } from 'node:crypto';
import { createECDH, createPrivateKey } from 'node:crypto';
import { contextTag, DerReader, TAG } from './der.js';

interface Curve {
  /** The name in a JWK. */
  readonly crv: string;
  /** OpenSSL's name. */
  readonly name: string;
}

const EC = '1.2.840.10045.2.1';
const CURVES: ReadonlyMap<string, Curve> = new Map([
  ['1.2.840.10045.3.1.7', { crv: 'P-256', name: 'prime256v1' }],
  ['1.3.132.0.34', { crv: 'P-384', name: 'secp384r1' }],
  ['1.3.132.0.35', { crv: 'P-521', name: 'secp521r1' }],
]);

/**
 * Reads the private key of a curve. Like Go, the function computes the public key and ignores the one in the file, which
 * may be wrong.
 *
 * @returns `undefined` for other keys
 * @throws GoError for a malformed key; Error for a number that the curve does not have
 */
export function parseCurveKey(der: Buffer, form: 'pkcs8' | 'sec1'): KeyObject | undefined {
  const read = form === 'sec1' ? { key: der, curve: undefined } : fromPkcs8(der);
  if (read === undefined) return undefined;
  const problem = 'x509: failed to parse EC private key';
  const fields = new DerReader(read.key).enter(TAG.sequence, problem);
  fields.integer(problem);
  const number = fields.content(TAG.octetString, problem);
  const named = fields.optional(contextTag(0, true), problem);
  const own = named === undefined ? undefined : new DerReader(named).oid(problem).join('.');
  const curve = CURVES.get(read.curve ?? own ?? '');
  return curve === undefined ? undefined : keyOf(number, curve);
}

function fromPkcs8(der: Buffer): { readonly key: Buffer; readonly curve: string } | undefined {
  const problem = 'x509: failed to parse private key';
  const fields = new DerReader(der).enter(TAG.sequence, problem);
  fields.integer(problem);
  const algorithm = fields.enter(TAG.sequence, problem);
  if (algorithm.oid(problem).join('.') !== EC) return undefined;
  return { curve: algorithm.oid(problem).join('.'), key: fields.content(TAG.octetString, problem) };
}

function keyOf(number: Buffer, { crv, name }: Curve): KeyObject {
  const pair = createECDH(name);
  pair.setPrivateKey(number);
  const point = pair.getPublicKey();
  const middle = (point.length + 1) / 2;
  const size = middle - 1;
  const d = Buffer.concat([Buffer.alloc(size), number]).subarray(-size);
  const [x, y] = [point.subarray(1, middle), point.subarray(middle)] as const;
  const key = { kty: 'EC', crv, d: text(d), x: text(x), y: text(y) };
  return createPrivateKey({ key, format: 'jwk' });
}

const text = (bytes: Buffer): string => bytes.toString('base64url');
