import { attempt } from '../failure.js';
import { decodeBase64 } from './base64.js';

/** A block of PEM, as Go's `pem.Decode` finds it. */
export interface PemBlock {
  readonly type: string;
  readonly bytes: Buffer;
}

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';

/** The first block of a text and what follows it. Broken blocks are skipped. Undefined when there is none. */
export function decodePem(text: string): readonly [block: PemBlock, rest: string] | undefined {
  let rest = text;
  for (;;) {
    const start = blockStart(rest, BEGIN);
    if (start < 0) return undefined;
    const [typeLine, body] = splitLine(rest.slice(start + BEGIN.length));
    rest = body;
    const decoded = typeLine.endsWith(DASHES)
      ? decodeBody(typeLine.slice(0, -DASHES.length), body)
      : undefined;
    if (decoded) return decoded;
  }
}

/** All blocks of a text. */
export function decodeAllPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let decoded = decodePem(text); decoded; decoded = decodePem(decoded[1])) blocks.push(decoded[0]);
  return blocks;
}

function decodeBody(type: string, body: string): readonly [PemBlock, string] | undefined {
  let content = body;
  let headers = 0;
  for (;;) {
    const [line, next] = splitLine(content);
    if (content === '' || !line.includes(':')) break;
    headers++;
    content = next;
  }
  const end = headers === 0 ? blockStart(content, END) : content.indexOf(`\n${END}`) + 1;
  if (end < 0 || (headers > 0 && end === 0)) return undefined;
  const trailer = content.slice(end + END.length);
  const wanted = type + DASHES;
  if (!trailer.startsWith(wanted) || splitLine(trailer.slice(wanted.length))[0] !== '') return undefined;
  const encoded = content.slice(0, end).replace(/[ \t]/g, '');
  const bytes = attempt(() => decodeBase64(encoded, 'standard'));
  return bytes && [{ type, bytes: bytes[0] }, splitLine(content.slice(end))[1]];
}

/** Where a marker begins a line. */
function blockStart(text: string, marker: string): number {
  if (text.startsWith(marker)) return 0;
  const index = text.indexOf(`\n${marker}`);
  return index < 0 ? index : index + 1;
}

function splitLine(text: string): readonly [line: string, rest: string] {
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end).replace(/\r$/, '');
  return [line.replace(/[ \t]+$/, ''), end < 0 ? '' : text.slice(end + 1)];
}
