import type { Value } from '../../values/index.js';
import { textOf } from '../go/bytes.js';
import { GoError } from '../go/error.js';
import { DerReader, TAG } from './der.js';

/** One part of a name, such as its country. */
export interface NamePart {
  readonly type: readonly number[];
  readonly value: string;
}

const LISTS = {
  Country: 6,
  Locality: 7,
  Organization: 10,
  OrganizationalUnit: 11,
  PostalCode: 17,
  Province: 8,
  StreetAddress: 9,
} as const;
const TEXTS = { CommonName: 3, SerialNumber: 5 } as const;
const PRINTABLE = /^[A-Za-z0-9'()+,\-./:=? *&]*$/;
const NOT_BMP = /[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/;

/** Reads a name. */
export function parseName(raw: Buffer): NamePart[] {
  const problem = 'x509: invalid RDNSequence';
  const parts: NamePart[] = [];
  const sequence = new DerReader(raw).enter(TAG.sequence, problem);
  while (!sequence.isEmpty) {
    const set = sequence.enter(TAG.set, problem);
    while (!set.isEmpty) {
      const attribute = set.enter(TAG.sequence, `${problem}: invalid attribute`);
      const type = attribute.oid(`${problem}: invalid attribute type`);
      const { tag, content } = attribute.any(`${problem}: invalid attribute value`);
      parts.push({ type, value: parseText(tag, content, `${problem}: invalid attribute value: `) });
    }
  }
  return parts;
}

/** A name as Go writes `pkix.Name` in JSON. */
export function nameValue(parts: readonly NamePart[]): Value {
  const value: Record<string, Value> = {
    ExtraNames: null,
    Names: parts.length === 0 ? null : parts.map((part) => ({ Type: [...part.type], Value: part.value })),
  };
  for (const [field, number] of Object.entries(LISTS)) {
    const found = attributes(parts, number);
    value[field] = found.length === 0 ? null : found;
  }
  for (const [field, number] of Object.entries(TEXTS)) value[field] = attributes(parts, number).at(-1) ?? '';
  return value;
}

/** The text of an ASN.1 string. */
export function parseText(tag: number, content: Buffer, prefix: string): string {
  switch (tag) {
    case TAG.t61String:
      return content.toString('latin1');
    case TAG.printableString:
      return checked(content, PRINTABLE, `${prefix}invalid PrintableString`);
    case TAG.numericString:
      return checked(content, /^[\d ]*$/, `${prefix}invalid NumericString`);
    case TAG.ia5String:
      return ia5Text(content, `${prefix}invalid IA5String`);
    case TAG.utf8String:
      return checked(content, /^\P{Surrogate}*$/u, `${prefix}invalid UTF-8 string`);
    case TAG.bmpString:
      return bmpText(content, `${prefix}invalid BMPString`);
    default:
      throw new GoError(`${prefix}unsupported string type: ${tag}`);
  }
}

/** The text of bytes that must be ASCII. */
export function ia5Text(content: Buffer, problem: string): string {
  if (content.some((byte) => byte > 0x7f)) throw new GoError(problem);
  return content.toString('latin1');
}

function attributes(parts: readonly NamePart[], number: number): string[] {
  const wanted = `2.5.4.${number}`;
  return parts.filter(({ type }) => type.join('.') === wanted).map(({ value }) => value);
}

function checked(content: Buffer, pattern: RegExp, problem: string): string {
  const text = textOf(content);
  if (!pattern.test(text)) throw new GoError(problem);
  return text;
}

function bmpText(content: Buffer, problem: string): string {
  if (content.length % 2 !== 0) throw new GoError(problem);
  const text = Buffer.from(content).swap16().toString('utf16le').replace(/\0$/, '');
  if (NOT_BMP.test(text)) throw new GoError(problem);
  return text;
}
