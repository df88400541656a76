import { GoError } from '../go/error.js';

/** Tags of ASN.1 that certificates use. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** An element with its tag, its content and all its bytes. */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  readonly raw: Buffer;
}

const HIGH_TAG = 0x1f;
const LONG_FORM = 0x80;
const LONGEST_LENGTH = 4;
const LARGEST_ARC = 2 ** 31 - 1;
const CONSTRUCTED = 0x20;
const CONTEXT = 0x80;

/** The tag of a field by its number. */
export function contextTag(number: number, isConstructed = false): number {
  return CONTEXT | number | (isConstructed ? CONSTRUCTED : 0);
}

/** Reads DER from front to back, as strictly as Go does. */
export class DerReader {
  private rest: Buffer;

  constructor(bytes: Buffer) {
    this.rest = bytes;
  }

  /** Whether everything has been read. */
  get isEmpty(): boolean {
    return this.rest.length === 0;
  }

  /** Whether an element with a tag comes next. */
  peek(tag: number): boolean {
    return this.rest[0] === tag;
  }

  /** The next element, of whatever kind. */
  any(problem: string): DerElement {
    const [tag, first] = this.rest;
    if (tag === undefined || first === undefined || (tag & HIGH_TAG) === HIGH_TAG) throw new GoError(problem);
    let length = first;
    let header = 2;
    if (first >= LONG_FORM) {
      const count = first - LONG_FORM;
      header += count;
      if (count === 0 || count > LONGEST_LENGTH || this.rest.length < header) throw new GoError(problem);
      length = this.rest.readUIntBE(2, count);
      if (length < LONG_FORM || (count > 1 && length < 2 ** (8 * (count - 1)))) throw new GoError(problem);
    }
    const end = header + length;
    if (end > this.rest.length) throw new GoError(problem);
    const raw = this.rest.subarray(0, end);
    this.rest = this.rest.subarray(end);
    return { tag, content: raw.subarray(header), raw };
  }

  /** The next element, which must have a tag. */
  element(tag: number, problem: string): DerElement {
    if (!this.peek(tag)) throw new GoError(problem);
    return this.any(problem);
  }

  /** The content of the next element, which must have a tag. */
  content(tag: number, problem: string): Buffer {
    return this.element(tag, problem).content;
  }

  /** A reader of the next element's content, which must have a tag. */
  enter(tag: number, problem: string): DerReader {
    return new DerReader(this.content(tag, problem));
  }

  /** The content of the next element if it has a tag. */
  optional(tag: number, problem: string): Buffer | undefined {
    return this.peek(tag) ? this.content(tag, problem) : undefined;
  }

  /** An integer of any size. */
  integer(problem: string, tag: number = TAG.integer): bigint {
    return integerOf(this.content(tag, problem), problem);
  }

  /** A truth value. */
  boolean(problem: string): boolean {
    const content = this.content(TAG.boolean, problem);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new GoError(problem);
    return content[0] === 0xff;
  }

  /** The numbers of an object identifier. */
  oid(problem: string): number[] {
    const arcs = arcsOf(this.content(TAG.oid, problem));
    if (!arcs || arcs.some((arc) => arc > LARGEST_ARC)) throw new GoError(problem);
    return arcs.map(Number);
  }

  /** The bytes of a bit string, and the number of unused bits in the last byte. */
  bits(problem: string): { readonly bytes: Buffer; readonly padding: number } {
    const content = this.content(TAG.bitString, problem);
    const [padding] = content;
    const bytes = content.subarray(1);
    const last = bytes.at(-1);
    if (padding === undefined || padding > 7) throw new GoError(problem);
    if (last === undefined ? padding !== 0 : (last & ((1 << padding) - 1)) !== 0) throw new GoError(problem);
    return { bytes, padding };
  }
}

/** The numbers of an encoded object identifier. Undefined when the encoding is invalid. */
export function arcsOf(content: Buffer): bigint[] | undefined {
  const last = content.at(-1);
  if (last === undefined || last >= LONG_FORM) return undefined;
  const numbers: bigint[] = [];
  let number = 0n;
  let isFirst = true;
  for (const byte of content) {
    if (isFirst && byte === LONG_FORM) return undefined;
    number = (number << 7n) | BigInt(byte & 0x7f);
    isFirst = byte < LONG_FORM;
    if (isFirst) {
      numbers.push(number);
      number = 0n;
    }
  }
  const [head = 0n, ...tail] = numbers;
  return head < 80n ? [head / 40n, head % 40n, ...tail] : [2n, head - 80n, ...tail];
}

/** The value of a string of bits as Go right-aligns it. */
export function rightAligned({
  bytes,
  padding,
}: {
  readonly bytes: Buffer;
  readonly padding: number;
}): Buffer {
  if (padding === 0) return bytes;
  return Buffer.from(
    bytes.map((byte, index) => (byte >> padding) | ((bytes[index - 1] ?? 0) << (8 - padding))),
  );
}

function integerOf(content: Buffer, problem: string): bigint {
  const [first, second = 0] = content;
  if (first === undefined) throw new GoError(problem);
  const isPadded = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
  if (content.length > 1 && isPadded) throw new GoError(problem);
  const magnitude = BigInt(`0x${content.toString('hex')}`);
  return first >= 0x80 ? magnitude - (1n << BigInt(8 * content.length)) : magnitude;
}
