import { spend } from '../../values/index.js';
import { bytesOf, compareBytes, textOf } from './bytes.js';
import { GoError } from './error.js';
import { goQuote } from './quote.js';

const MOST_PARAMETERS = 10_000;

/** Go's `url.QueryEscape`. */
export function queryEscape(text: string): string {
  let escaped = '';
  for (const byte of bytesOf(text)) {
    spend(1);
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9_.~-]/.test(char)) {
      escaped += char;
    } else {
      escaped += char === ' ' ? '+' : percent(byte);
    }
  }
  return escaped;
}

/** Go's `url.QueryUnescape`. */
export function queryUnescape(text: string): string {
  return percentDecode(text.replaceAll('+', ' '), text);
}

/** Replaces `%41` by its byte. Throws Go's error for an invalid escape. */
export function percentDecode(text: string, original = text): string {
  const bad = /%(?![0-9a-fA-F]{2})/.exec(original);
  if (bad) throw escapeError(original.slice(bad.index, bad.index + 3));
  if (!text.includes('%')) return text;
  const bytes = bytesOf(text)
    .toString('latin1')
    .replace(/%([0-9a-fA-F]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return textOf(Buffer.from(bytes, 'latin1'));
}

/** The error for an invalid escape. */
export function escapeError(escape: string): GoError {
  return new GoError(`invalid URL escape ${goQuote(escape)}`);
}

/** A byte as `%41`. */
export function percent(byte: number): string {
  return '%' + byte.toString(16).toUpperCase().padStart(2, '0');
}

/** Go's `url.ParseQuery`: the values of each key. */
export function parseQuery(query: string): Map<string, string[]> {
  const parts = query.split('&');
  if (parts.length > MOST_PARAMETERS) throw new GoError('number of URL query parameters exceeded limit');
  const values = new Map<string, string[]>();
  let failure: GoError | undefined;
  for (const part of parts) {
    spend(1);
    if (part.includes(';')) {
      // Go reports this error before any other.
      failure = new GoError('invalid semicolon separator in query');
    } else if (part !== '') {
      try {
        const [key, value] = parsePair(part);
        const texts = values.get(key);
        if (texts) texts.push(value);
        else values.set(key, [value]);
      } catch (error) {
        if (!(error instanceof GoError)) throw error;
        failure ??= error;
      }
    }
  }
  if (failure !== undefined) throw failure;
  return values;
}

/** Go's `url.Values.Encode`: keys in the order of their bytes. */
export function encodeQuery(values: ReadonlyMap<string, readonly string[]>): string {
  return [...values]
    .sort(([left], [right]) => compareBytes(left, right))
    .flatMap(([key, texts]) => texts.map((text) => `${queryEscape(key)}=${queryEscape(text)}`))
    .join('&');
}

function parsePair(part: string): [key: string, value: string] {
  const equals = part.indexOf('=');
  const key = equals < 0 ? part : part.slice(0, equals);
  const value = equals < 0 ? '' : part.slice(equals + 1);
  return [queryUnescape(key), queryUnescape(value)];
}
