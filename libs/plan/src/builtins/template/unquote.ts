import { textOf } from '../go/bytes.js';
import { GoError } from '../go/error.js';

const ESCAPE =
  /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([abfnrtv\\'"])|([\s\S]|$))|[^\\]+/gu;
const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const LARGEST_RUNE = 0x10ffff;

/** Go's `strconv.Unquote` for text in double quotes, back quotes, or single ones around one character. */
export function unquote(quoted: string): string {
  const quote = quoted.charAt(0);
  const body = quoted.slice(1, -1);
  if (quote === '`') return body.replaceAll('\r', '');
  const parts = Array.from(body.matchAll(ESCAPE), (match) => unescape(match, quote));
  const text = textOf(Buffer.concat(parts));
  if (quote === "'" && Array.from(text).length !== 1) throw new GoError('invalid syntax');
  return text;
}

function unescape([written, hex, short, long, octal, simple, bad]: RegExpMatchArray, quote: string): Buffer {
  const byte =
    hex === undefined
      ? octal === undefined
        ? undefined
        : Number.parseInt(octal, 8)
      : Number.parseInt(hex, 16);
  if (byte !== undefined) {
    if (byte > 0xff) throw new GoError('invalid syntax');
    return Buffer.from(quote === "'" ? String.fromCharCode(byte) : [byte]);
  }
  const digits = short ?? long;
  if (digits !== undefined) return runeBytes(Number.parseInt(digits, 16));
  const isOtherQuote = (simple === '"' || simple === "'") && simple !== quote;
  if (bad !== undefined || isOtherQuote) throw new GoError('invalid syntax');
  return Buffer.from(simple === undefined ? written : (SIMPLE[simple] ?? simple));
}

function runeBytes(code: number): Buffer {
  if (code > LARGEST_RUNE || (code >= 0xd800 && code <= 0xdfff)) throw new GoError('invalid syntax');
  return Buffer.from(String.fromCodePoint(code));
}
