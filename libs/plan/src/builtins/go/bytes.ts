/**
 * Go strings are bytes; JavaScript strings are UTF-16. An invalid UTF-8 byte is stored as a lone low surrogate: 0x80
 * becomes U+DC80. Valid text contains none, so text survives a round trip through both functions.
 */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ESCAPE = 0xdc00;
const REPLACEMENT = [0xef, 0xbf, 0xbd] as const;

/** The text of UTF-8 bytes. Invalid bytes become lone surrogates. */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return escapeInvalid(bytes);
  }
}

/** The bytes of a text: UTF-8, with the bytes that {@link textOf} escaped. */
export function bytesOf(text: string): Buffer {
  if (isWellFormed(text)) {
    return Buffer.from(text, 'utf8');
  }
  const parts: Uint8Array[] = [];
  for (const rune of text) {
    const code = rune.codePointAt(0) ?? 0;
    if (code < 0xd800 || code > 0xdfff) {
      parts.push(Buffer.from(rune, 'utf8'));
    } else {
      parts.push(Uint8Array.from(isEscape(code) ? [code - ESCAPE] : REPLACEMENT));
    }
  }
  return Buffer.concat(parts);
}

/** Whether a text has no lone surrogate, so that it is valid UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** The number of code points of a text. */
export function runeCount(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    if ((text.codePointAt(index) ?? 0) > 0xffff) {
      index++;
    }
    count++;
  }
  return count;
}

/** The order of two texts by their UTF-8 bytes. */
export function compareBytes(left: string, right: string): number {
  return Buffer.compare(bytesOf(left), bytesOf(right));
}

/** The byte that an escape of {@link textOf} stands for, or `undefined` for any other code point. */
export function escapedByte(code: number): number | undefined {
  return isEscape(code) ? code - ESCAPE : undefined;
}

function isEscape(code: number): boolean {
  return code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff;
}

function escapeInvalid(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let index = 0; index < bytes.length;) {
    const length = sequenceLength(bytes, index);
    if (length === 0) {
      parts.push(String.fromCharCode(ESCAPE + (bytes[index] ?? 0)));
      index++;
    } else {
      parts.push(decoder.decode(bytes.subarray(index, index + length)));
      index += length;
    }
  }
  return parts.join('');
}

/** The length of the valid UTF-8 sequence at `index`, or 0. */
function sequenceLength(bytes: Uint8Array, index: number): number {
  const first = bytes[index] ?? 0;
  if (first < 0x80) {
    return 1;
  }
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || index + length > bytes.length) {
    return 0;
  }
  const second = bytes[index + 1] ?? 0;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) {
    return 0;
  }
  for (let offset = 2; offset < length; offset++) {
    if (((bytes[index + offset] ?? 0) & 0xc0) !== 0x80) {
      return 0;
    }
  }
  return length;
}
