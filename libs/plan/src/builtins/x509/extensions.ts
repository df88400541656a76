import type { Value } from '../../values/index.js';
import { numberFromInteger } from '../../values/index.js';
import { textOf } from '../go/bytes.js';
import { GoError } from '../go/error.js';
import type { AlternativeNames } from './alternative-names.js';
import { listOrNull, noNames, parseAlternativeNames } from './alternative-names.js';
import { arcsOf, contextTag, DerReader, TAG } from './der.js';
import type { NameConstraints } from './name-constraints.js';
import { nameConstraintsValue, parseNameConstraints } from './name-constraints.js';
import { USAGES } from './usages.js';

/** One extension of a certificate. */
export interface Extension {
  readonly id: readonly number[];
  readonly isCritical: boolean;
  readonly value: Buffer;
}

/** The content of a certificate's extensions. */
export interface Extensions {
  names: AlternativeNames;
  constraints: NameConstraints | undefined;
  keyUsage: number;
  hasBasicConstraints: boolean;
  isAuthority: boolean;
  maxPathLength: bigint;
  usages: number[];
  unknownUsages: number[][];
  subjectKeyId: Buffer | undefined;
  authorityKeyId: Buffer | undefined;
  requireExplicitPolicy: bigint | undefined;
  hasAlternativeNames: boolean;
  readonly unhandled: number[][];
  /** The fields that verification does not read, as Go writes them in JSON. */
  readonly fields: Record<string, Value>;
}

type Handler = (out: Extensions, extension: Extension) => boolean;

const UNSET = { InhibitAnyPolicy: 0, InhibitPolicyMapping: 0, RequireExplicitPolicy: 0 };
const USAGE_BITS = 9;
const INT64 = 2n ** 63n;
const OCSP = '1.3.6.1.5.5.7.48.1';
const ISSUERS = '1.3.6.1.5.5.7.48.2';
const URI_TAG = contextTag(6);

/** The extensions that Go reads. A handler returns whether it understood the whole extension. */
const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['2.5.29.14', subjectKeyId],
  ['2.5.29.15', keyUsage],
  ['2.5.29.17', alternativeNames],
  ['2.5.29.19', basicConstraints],
  ['2.5.29.30', nameConstraints],
  ['2.5.29.31', distributionPoints],
  ['2.5.29.32', policies],
  ['2.5.29.33', policyMappings],
  ['2.5.29.35', authorityKeyId],
  ['2.5.29.36', policyConstraints],
  ['2.5.29.37', extendedUsages],
  ['2.5.29.54', inhibitAnyPolicy],
  ['1.3.6.1.5.5.7.1.1', authorityInformation],
]);

/** Reads one extension from the content of its sequence. */
export function parseExtension(content: Buffer): Extension {
  const reader = new DerReader(content);
  const id = reader.oid('x509: malformed extension OID field');
  const isCritical = reader.peek(TAG.boolean) && reader.boolean('x509: malformed extension critical field');
  return { id, isCritical, value: reader.content(TAG.octetString, 'x509: malformed extension value field') };
}

/** Reads the extensions of a certificate. */
export function readExtensions(extensions: readonly Extension[]): Extensions {
  const out: Extensions = {
    names: noNames(),
    constraints: undefined,
    keyUsage: 0,
    hasBasicConstraints: false,
    isAuthority: false,
    maxPathLength: 0n,
    usages: [],
    unknownUsages: [],
    subjectKeyId: undefined,
    authorityKeyId: undefined,
    requireExplicitPolicy: undefined,
    hasAlternativeNames: false,
    unhandled: [],
    fields: {
      ...UNSET,
      InhibitAnyPolicyZero: false,
      InhibitPolicyMappingZero: false,
      RequireExplicitPolicyZero: false,
      CRLDistributionPoints: null,
      IssuingCertificateURL: null,
      OCSPServer: null,
      Policies: null,
      PolicyIdentifiers: null,
      PolicyMappings: null,
    },
  };
  for (const extension of extensions) {
    const isHandled = HANDLERS.get(extension.id.join('.'))?.(out, extension) ?? false;
    if (extension.isCritical && !isHandled) out.unhandled.push([...extension.id]);
  }
  return out;
}

/** The extensions as Go writes them in JSON. */
export function extensionsValue(extensions: readonly Extension[]): Value {
  return listOrNull(
    extensions.map(({ id, isCritical, value }) => ({
      Critical: isCritical,
      Id: [...id],
      Value: value.toString('base64'),
    })),
  );
}

/** The fields of a certificate that come from its extensions. */
export function extensionFields(extensions: Extensions): Record<string, Value> {
  return {
    ...extensions.fields,
    ...nameConstraintsValue(extensions.constraints),
    AuthorityKeyId: extensions.authorityKeyId?.toString('base64') ?? null,
    BasicConstraintsValid: extensions.hasBasicConstraints,
    ExtKeyUsage: listOrNull(extensions.usages),
    IsCA: extensions.isAuthority,
    KeyUsage: extensions.keyUsage,
    MaxPathLen: numberFromInteger(extensions.maxPathLength),
    MaxPathLenZero: extensions.hasBasicConstraints && extensions.maxPathLength === 0n,
    SubjectKeyId: extensions.subjectKeyId?.toString('base64') ?? null,
    UnhandledCriticalExtensions: listOrNull(extensions.unhandled),
    UnknownExtKeyUsage: listOrNull(extensions.unknownUsages),
  };
}

function keyUsage(out: Extensions, { value }: Extension): boolean {
  const { bytes, padding } = new DerReader(value).bits('x509: invalid key usage');
  const length = bytes.length * 8 - padding;
  out.keyUsage = 0;
  for (let bit = 0; bit < Math.min(USAGE_BITS, length); bit++) {
    const isSet = ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
    out.keyUsage |= isSet << bit;
  }
  return true;
}

function basicConstraints(out: Extensions, { value }: Extension): boolean {
  const problem = 'x509: invalid basic constraints';
  const reader = new DerReader(value).enter(TAG.sequence, problem);
  out.hasBasicConstraints = true;
  out.isAuthority = reader.peek(TAG.boolean) && reader.boolean(problem);
  out.maxPathLength = reader.peek(TAG.integer) ? reader.integer(problem) : -1n;
  if (out.maxPathLength < -1n || out.maxPathLength >= INT64) throw new GoError(problem);
  return true;
}

function alternativeNames(out: Extensions, { value }: Extension): boolean {
  const names = parseAlternativeNames(value);
  out.names = names;
  out.hasAlternativeNames = true;
  return Object.values(names).some((list: readonly unknown[]) => list.length > 0);
}

function nameConstraints(out: Extensions, { value, isCritical }: Extension): boolean {
  out.constraints = parseNameConstraints(value, isCritical);
  return !out.constraints.hasUnknown;
}

function extendedUsages(out: Extensions, { value }: Extension): boolean {
  const problem = 'x509: invalid extended key usages';
  const reader = new DerReader(value).enter(TAG.sequence, problem);
  while (!reader.isEmpty) {
    const oid = reader.oid(problem);
    const usage = USAGES.get(oid.join('.'));
    if (usage === undefined) out.unknownUsages.push(oid);
    else out.usages.push(usage);
  }
  return true;
}

function subjectKeyId(out: Extensions, { value, isCritical }: Extension): boolean {
  refuseCritical(isCritical, 'subject key identifier');
  out.subjectKeyId = new DerReader(value).content(TAG.octetString, 'x509: invalid subject key identifier');
  return true;
}

function authorityKeyId(out: Extensions, { value, isCritical }: Extension): boolean {
  refuseCritical(isCritical, 'authority key identifier');
  const problem = 'x509: invalid authority key identifier';
  out.authorityKeyId = new DerReader(value).enter(TAG.sequence, problem).optional(contextTag(0), problem);
  return true;
}

function distributionPoints(out: Extensions, { value }: Extension): boolean {
  const problem = 'x509: invalid CRL distribution point';
  const points: Value[] = [];
  const reader = new DerReader(value).enter(TAG.sequence, 'x509: invalid CRL distribution points');
  while (!reader.isEmpty) {
    const name = reader.enter(TAG.sequence, problem).optional(contextTag(0, true), problem);
    if (name === undefined) continue;
    const names = new DerReader(name).enter(contextTag(0, true), problem);
    while (names.peek(URI_TAG)) points.push(textOf(names.content(URI_TAG, problem)));
  }
  out.fields['CRLDistributionPoints'] = listOrNull(points);
  return true;
}

function authorityInformation(out: Extensions, { value, isCritical }: Extension): boolean {
  refuseCritical(isCritical, 'authority info access');
  const problem = 'x509: invalid authority info access';
  const found = new Map<string, Value[]>([
    [OCSP, []],
    [ISSUERS, []],
  ]);
  const reader = new DerReader(value).enter(TAG.sequence, problem);
  while (!reader.isEmpty) {
    const access = reader.enter(TAG.sequence, problem);
    const method = access.oid(problem).join('.');
    const place = access.optional(URI_TAG, problem);
    if (place !== undefined) found.get(method)?.push(textOf(place));
  }
  out.fields['OCSPServer'] = listOrNull(found.get(OCSP) ?? []);
  out.fields['IssuingCertificateURL'] = listOrNull(found.get(ISSUERS) ?? []);
  return true;
}

function policies(out: Extensions, { value }: Extension): boolean {
  const problem = 'x509: invalid certificate policies';
  const identifiers: bigint[][] = [];
  const reader = new DerReader(value).enter(TAG.sequence, problem);
  while (!reader.isEmpty) {
    const arcs = arcsOf(reader.enter(TAG.sequence, problem).content(TAG.oid, problem));
    if (!arcs) throw new GoError(problem);
    identifiers.push(arcs);
  }
  const texts = identifiers.map((arcs) => arcs.join('.'));
  if (new Set(texts).size < texts.length) throw new GoError(problem);
  out.fields['Policies'] = listOrNull(texts);
  out.fields['PolicyIdentifiers'] = identifiers
    .filter((arcs) => arcs.every((arc) => arc < 2n ** 31n))
    .map((arcs) => arcs.map(Number));
  return true;
}

function policyMappings(out: Extensions, { value }: Extension): boolean {
  const problem = 'x509: invalid policy mappings extension';
  const mappings: Value[] = [];
  const reader = new DerReader(value).enter(TAG.sequence, problem);
  const name = (pair: DerReader): string => arcsOf(pair.content(TAG.oid, problem))?.join('.') ?? '';
  while (!reader.isEmpty) {
    const pair = reader.enter(TAG.sequence, problem);
    mappings.push({ IssuerDomainPolicy: name(pair), SubjectDomainPolicy: name(pair) });
  }
  out.fields['PolicyMappings'] = listOrNull(mappings);
  return true;
}

function policyConstraints(out: Extensions, { value }: Extension): boolean {
  const problem = 'x509: invalid policy constraints extension';
  const reader = new DerReader(value).enter(TAG.sequence, problem);
  if (reader.peek(contextTag(0))) {
    out.requireExplicitPolicy = reader.integer(problem, contextTag(0));
    setCount(out, 'RequireExplicitPolicy', out.requireExplicitPolicy);
  }
  if (reader.peek(contextTag(1))) {
    setCount(out, 'InhibitPolicyMapping', reader.integer(problem, contextTag(1)));
  }
  return true;
}

function inhibitAnyPolicy(out: Extensions, { value }: Extension): boolean {
  const problem = 'x509: invalid inhibit any policy extension';
  setCount(out, 'InhibitAnyPolicy', new DerReader(value).integer(problem));
  return true;
}

function setCount(out: Extensions, field: keyof typeof UNSET, count: bigint): void {
  out.fields[field] = numberFromInteger(count);
  out.fields[`${field}Zero`] = count === 0n;
}

function refuseCritical(isCritical: boolean, what: string): void {
  if (isCritical) throw new GoError(`x509: ${what} incorrectly marked critical`);
}
