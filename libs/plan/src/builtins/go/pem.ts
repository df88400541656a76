import { attempt } from '../failure.js';
import { decodeBase64 } from './base64.js';

/** A block of PEM, as Go's `pem.Decode` finds it. */
export interface PemBlock {
  readonly type: string;
  readonly bytes: Buffer;
}

const BEGIN = '-----BEGIN ';
const END = '\n-----END ';
const DASHES = '-----';

/**
 * The first block of a text and the text after it. Broken blocks are skipped. Returns undefined if there is none. A
 * block begins at the last begin mark before an end mark, so every part of the text is read once.
 */
export function decodePem(text: string): readonly [block: PemBlock, rest: string] | undefined {
  let start = 0;
  for (;;) {
    const end = text.indexOf(END, start);
    if (end < 0) return undefined;
    const trailer = end + END.length;
    const decoded = decodeBefore(text, start, end);
    if (decoded !== 'broken') return decoded;
    start = trailer;
  }
}

/** All blocks of a text. */
export function decodeAllPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let decoded = decodePem(text); decoded; decoded = decodePem(decoded[1])) blocks.push(decoded[0]);
  return blocks;
}

/** The block that ends at an end mark. Returns undefined when no block can follow either. */
function decodeBefore(
  text: string,
  start: number,
  end: number,
): readonly [PemBlock, string] | 'broken' | undefined {
  const offset = text.slice(start, end).lastIndexOf(BEGIN);
  const begin = start + offset;
  if (offset < 0 || (offset > 0 && text[begin - 1] !== '\n')) return 'broken';
  const [typeLine, body] = lineAt(text, begin + BEGIN.length);
  if (!typeLine.endsWith(DASHES)) return 'broken';
  const content = skipHeaders(text, body);
  const trailer = end + END.length;
  if (content === undefined || trailer < content) return undefined;
  if (content > body && end < content) return 'broken';
  if (!text.startsWith(typeLine, trailer)) return 'broken';
  if (lineAt(text, trailer + typeLine.length)[0] !== '') return 'broken';
  const encoded = text.slice(content, end).replace(/[ \t]/g, '');
  const bytes = attempt(() => decodeBase64(encoded, 'standard'));
  if (!bytes) return 'broken';
  const type = typeLine.slice(0, -DASHES.length);
  return [{ type, bytes: bytes[0] }, text.slice(lineAt(text, trailer)[1])];
}

/** The position after the header lines, which have colons. Undefined when the text ends with a header line. */
function skipHeaders(text: string, start: number): number | undefined {
  let position = start;
  while (position < text.length) {
    const [line, next] = lineAt(text, position);
    if (!line.includes(':')) return position;
    position = next;
  }
  return undefined;
}

/** The line at a position, without trailing spaces, and the position of the next line. */
function lineAt(text: string, start: number): readonly [line: string, next: number] {
  const found = text.indexOf('\n', start);
  const next = found < 0 ? text.length : found + 1;
  let end = found < 0 ? text.length : found;
  if (found > start && text[end - 1] === '\r') end--;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return [text.slice(start, end), next];
}
