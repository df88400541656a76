import type { Value } from '../../values/index.js';
import { numberFromInteger } from '../../values/index.js';
import { attempt } from '../failure.js';
import { GoError } from '../go/error.js';
import { readAlgorithm, signatureAlgorithm } from './algorithms.js';
import { alternativeNamesValue, listOrNull, noNames, parseAlternativeNames } from './alternative-names.js';
import type { DerElement } from './der.js';
import { contextTag, DerReader, rightAligned, TAG } from './der.js';
import type { Extension } from './extensions.js';
import { extensionsValue, parseExtension } from './extensions.js';
import { nameValue, parseName, parseText } from './names.js';
import { parsePublicKey } from './public-key.js';

const PROBLEM = 'asn1: structure error: malformed certificate request';
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const ALTERNATIVE_NAMES = '2.5.29.17';

/** A request for a certificate as Go writes it in JSON. */
export function requestValue(raw: Buffer): Value {
  const outer = new DerReader(raw);
  const input = outer.enter(TAG.sequence, PROBLEM);
  if (!outer.isEmpty) throw new GoError('asn1: syntax error: trailing data');
  const rawBody = input.element(TAG.sequence, PROBLEM).raw;
  const algorithm = signatureAlgorithm(readAlgorithm(input.content(TAG.sequence, PROBLEM)));
  const signature = rightAligned(input.bits(PROBLEM));
  const body = new DerReader(rawBody).enter(TAG.sequence, PROBLEM);
  const version = body.integer(PROBLEM);
  const subject = body.element(TAG.sequence, PROBLEM).raw;
  const rawKey = body.element(TAG.sequence, PROBLEM).raw;
  const key = parsePublicKey(rawKey);
  const attributes = readAttributes(body);
  const extensions = readRequested(attributes);
  return {
    ...alternativeNamesValue(requestedNames(extensions)),
    Attributes: listOrNull(attributes.flatMap((attribute) => attempt(() => attributeValue(attribute)) ?? [])),
    Extensions: extensionsValue(extensions),
    ExtraExtensions: null,
    PublicKey: key.value,
    PublicKeyAlgorithm: key.algorithm,
    Raw: raw.toString('base64'),
    RawSubject: subject.toString('base64'),
    RawSubjectPublicKeyInfo: rawKey.toString('base64'),
    RawTBSCertificateRequest: rawBody.toString('base64'),
    Signature: signature.toString('base64'),
    SignatureAlgorithm: algorithm.number,
    Subject: nameValue(parseName(subject)),
    Version: numberFromInteger(version),
  };
}

function readAttributes(body: DerReader): Buffer[] {
  const attributes: Buffer[] = [];
  const reader = new DerReader(body.optional(contextTag(0, true), PROBLEM) ?? Buffer.alloc(0));
  while (!reader.isEmpty) attributes.push(reader.any(PROBLEM).raw);
  return attributes;
}

function readRequested(attributes: readonly Buffer[]): Extension[] {
  const extensions: Extension[] = [];
  for (const attribute of attributes) {
    const values = attempt(() => requestedValues(attribute))?.[0];
    if (!values) continue;
    const list = new DerReader(values).enter(TAG.sequence, PROBLEM);
    while (!list.isEmpty) extensions.push(parseExtension(list.content(TAG.sequence, PROBLEM)));
  }
  if (new Set(extensions.map(({ id }) => id.join('.'))).size < extensions.length) {
    throw new GoError('x509: certificate request contains duplicate requested extensions');
  }
  return extensions;
}

/** The values of the attribute that requests extensions. */
function requestedValues(attribute: Buffer): Buffer | undefined {
  const reader = new DerReader(attribute).enter(TAG.sequence, PROBLEM);
  const isRequest = reader.oid(PROBLEM).join('.') === EXTENSION_REQUEST;
  const values = reader.content(TAG.set, PROBLEM);
  return isRequest && values.length > 0 ? values : undefined;
}

function requestedNames(extensions: readonly Extension[]): ReturnType<typeof noNames> {
  const found = extensions.filter(({ id }) => id.join('.') === ALTERNATIVE_NAMES).at(-1);
  return found ? parseAlternativeNames(found.value) : noNames();
}

/** An attribute whose values are lists of types and values. Go omits other attributes. */
function attributeValue(attribute: Buffer): Value {
  const reader = new DerReader(attribute).enter(TAG.sequence, PROBLEM);
  const type = reader.oid(PROBLEM);
  const lists = elementsOf(reader.content(TAG.set, PROBLEM)).map((list) => {
    if (list.tag !== TAG.sequence) throw new GoError(PROBLEM);
    return elementsOf(list.content).map((pair) => {
      if (pair.tag !== TAG.sequence) throw new GoError(PROBLEM);
      const parts = new DerReader(pair.content);
      return { Type: parts.oid(PROBLEM), Value: anyValue(parts.any(PROBLEM)) };
    });
  });
  return { Type: type, Value: lists };
}

function elementsOf(content: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  const reader = new DerReader(content);
  while (!reader.isEmpty) elements.push(reader.any(PROBLEM));
  return elements;
}

/** A value of any type, as Go's `any` takes it. */
function anyValue(element: DerElement): Value {
  const reader = new DerReader(element.raw);
  switch (element.tag) {
    case TAG.boolean:
      return reader.boolean(PROBLEM);
    case TAG.integer:
      return numberFromInteger(reader.integer(PROBLEM));
    case TAG.oid:
      return reader.oid(PROBLEM);
    case TAG.octetString:
      return element.content.toString('base64');
    default:
      return attempt(() => parseText(element.tag, element.content, PROBLEM))?.[0] ?? null;
  }
}
