import type { Value } from '../../values/index.js';
import { numberFromInteger } from '../../values/index.js';
import { GoError } from '../go/error.js';
import { urlText } from '../go/url.js';
import type { SignatureAlgorithm } from './algorithms.js';
import { readAlgorithm, signatureAlgorithm } from './algorithms.js';
import { alternativeNamesValue, listOrNull } from './alternative-names.js';
import { contextTag, DerReader, rightAligned, TAG } from './der.js';
import type { Extension, Extensions } from './extensions.js';
import { extensionFields, extensionsValue, parseExtension, readExtensions } from './extensions.js';
import type { NamePart } from './names.js';
import { nameValue, parseName } from './names.js';
import type { PublicKey } from './public-key.js';
import { parsePublicKey } from './public-key.js';
import type { CertificateTime } from './times.js';
import { readTime } from './times.js';

/** A certificate, read as Go reads it. */
export interface Certificate extends Extensions {
  readonly raw: Buffer;
  readonly rawBody: Buffer;
  readonly rawIssuer: Buffer;
  readonly rawSubject: Buffer;
  readonly rawPublicKey: Buffer;
  readonly version: number;
  readonly serial: bigint;
  readonly signature: Buffer;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly issuer: readonly NamePart[];
  readonly subject: readonly NamePart[];
  readonly notBefore: CertificateTime;
  readonly notAfter: CertificateTime;
  readonly publicKey: PublicKey;
  readonly extensions: readonly Extension[];
}

const VERSION_3 = 3;

/** Reads concatenated certificates. */
export function parseCertificates(der: Buffer): Certificate[] {
  const certificates: Certificate[] = [];
  const reader = new DerReader(der);
  while (!reader.isEmpty) {
    certificates.push(parseCertificate(reader.element(TAG.sequence, 'x509: malformed certificate').raw));
  }
  return certificates;
}

/** Reads one certificate. */
export function parseCertificate(raw: Buffer): Certificate {
  const outer = new DerReader(raw);
  const input = outer.enter(TAG.sequence, 'x509: malformed certificate');
  if (!outer.isEmpty) throw new GoError('x509: trailing data');
  const rawBody = input.element(TAG.sequence, 'x509: malformed tbs certificate').raw;
  const body = new DerReader(rawBody).enter(TAG.sequence, 'x509: malformed tbs certificate');
  const version = readVersion(body);
  const serial = body.integer('x509: malformed serial number');
  if (serial < 0n) throw new GoError('x509: negative serial number');
  const inner = body.content(TAG.sequence, 'x509: malformed signature algorithm identifier');
  if (!input.content(TAG.sequence, 'x509: malformed algorithm identifier').equals(inner)) {
    throw new GoError("x509: inner and outer signature algorithm identifiers don't match");
  }
  const rawIssuer = body.element(TAG.sequence, 'x509: malformed issuer').raw;
  const issuer = parseName(rawIssuer);
  const validity = body.enter(TAG.sequence, 'x509: malformed validity');
  const [notBefore, notAfter] = [readTime(validity), readTime(validity)] as const;
  const rawSubject = body.element(TAG.sequence, 'x509: malformed issuer').raw;
  const subject = parseName(rawSubject);
  const rawPublicKey = body.element(TAG.sequence, 'x509: malformed spki').raw;
  const publicKey = parsePublicKey(rawPublicKey);
  const extensions = version > 1 ? readTail(body, version) : [];
  return {
    ...readExtensions(extensions),
    raw,
    rawBody,
    rawIssuer,
    rawSubject,
    rawPublicKey,
    version,
    serial,
    signature: rightAligned(input.bits('x509: malformed signature')),
    signatureAlgorithm: signatureAlgorithm(readAlgorithm(inner)),
    issuer,
    subject,
    notBefore,
    notAfter,
    publicKey,
    extensions,
  };
}

/** A certificate as Go writes it in JSON. */
export function certificateValue(certificate: Certificate): Record<string, Value> {
  return {
    ...extensionFields(certificate),
    ...alternativeNamesValue(certificate.names),
    Extensions: extensionsValue(certificate.extensions),
    ExtraExtensions: null,
    Issuer: nameValue(certificate.issuer),
    NotAfter: certificate.notAfter.text,
    NotBefore: certificate.notBefore.text,
    PublicKey: certificate.publicKey.value,
    PublicKeyAlgorithm: certificate.publicKey.algorithm,
    Raw: certificate.raw.toString('base64'),
    RawIssuer: certificate.rawIssuer.toString('base64'),
    RawSubject: certificate.rawSubject.toString('base64'),
    RawSubjectPublicKeyInfo: certificate.rawPublicKey.toString('base64'),
    RawTBSCertificate: certificate.rawBody.toString('base64'),
    SerialNumber: numberFromInteger(certificate.serial),
    Signature: certificate.signature.toString('base64'),
    SignatureAlgorithm: certificate.signatureAlgorithm.number,
    Subject: nameValue(certificate.subject),
    Version: certificate.version,
  };
}

/** A certificate as OPA returns it, with the URIs as strings. */
export function extendedValue(certificate: Certificate): Value {
  return { ...certificateValue(certificate), URIStrings: listOrNull(certificate.names.uris.map(urlText)) };
}

function readVersion(body: DerReader): number {
  const problem = 'x509: malformed version';
  const written = body.optional(contextTag(0, true), problem);
  const version = written ? new DerReader(written).integer(problem) : 0n;
  if (version < 0n) throw new GoError(problem);
  if (version >= VERSION_3) throw new GoError('x509: invalid version');
  return Number(version) + 1;
}

function readTail(body: DerReader, version: number): Extension[] {
  body.optional(contextTag(1), 'x509: malformed issuerUniqueID');
  body.optional(contextTag(2), 'x509: malformed subjectUniqueID');
  const problem = 'x509: malformed extensions';
  const written = version === VERSION_3 ? body.optional(contextTag(3, true), problem) : undefined;
  if (!written) return [];
  const reader = new DerReader(written).enter(TAG.sequence, problem);
  const extensions = new Map<string, Extension>();
  while (!reader.isEmpty) {
    const extension = parseExtension(reader.content(TAG.sequence, 'x509: malformed extension'));
    const oid = extension.id.join('.');
    if (extensions.has(oid)) {
      throw new GoError(`x509: certificate contains duplicate extension with OID "${oid}"`);
    }
    extensions.set(oid, extension);
  }
  return [...extensions.values()];
}
