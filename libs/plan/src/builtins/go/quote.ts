import { bytesOf, escapedByte } from './bytes.js';
import { isPrintable } from './unicode.js';

/** How Go's `strconv.Quote` family writes text. */
export interface QuoteOptions {
  /** The character around the text. `"` by default. */
  readonly quote?: '"' | "'";
  /** Write everything above ASCII as an escape. */
  readonly asciiOnly?: boolean;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** A text as Go's `strconv.Quote` writes it. */
export function goQuote(text: string, options: QuoteOptions = {}): string {
  const quote = options.quote ?? '"';
  let quoted = quote as string;
  for (const rune of text) {
    quoted += escapeRune(rune, quote, options.asciiOnly === true);
  }
  return quoted + quote;
}

/** Whether Go's `strconv.CanBackquote` accepts a text. */
export function canBackquote(text: string): boolean {
  return !/[\p{Surrogate}\ufeff`]|(?![\t\x80-\x9f])\p{Cc}/u.test(text);
}

function escapeRune(rune: string, quote: string, asciiOnly: boolean): string {
  if (rune === quote || rune === '\\') {
    return '\\' + rune;
  }
  const code = rune.codePointAt(0) ?? 0;
  const byte = escapedByte(code);
  if (byte !== undefined) {
    return '\\x' + hex(byte, 2);
  }
  if (isPrintable(rune) && (!asciiOnly || code < 0x80)) {
    return rune;
  }
  const simple = SIMPLE_ESCAPES[rune];
  if (simple !== undefined) {
    return simple;
  }
  if (code < 0x20 || code === 0x7f) {
    return '\\x' + hex(code, 2);
  }
  return code < 0x10000 ? '\\u' + hex(code, 4) : '\\U' + hex(code, 8);
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}

/** A text as Go's `time` package quotes it in errors. */
export function quoteTime(text: string): string {
  let quoted = '"';
  for (const byte of bytesOf(text)) {
    if (byte >= 0x80 || byte < 0x20) {
      quoted += '\\x' + byte.toString(16).padStart(2, '0');
    } else {
      const char = String.fromCharCode(byte);
      quoted += char === '"' || char === '\\' ? '\\' + char : char;
    }
  }
  return quoted + '"';
}
