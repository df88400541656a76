/**
 * Go maps each character to one character, by Unicode's simple mappings. JavaScript may map one character to several.
 */

/** Greek letters with iota. Unicode's simple upper case of these letters is a title-case letter. */
const GREEK_IOTA: readonly (readonly [first: number, last: number, distance: number])[] = [
  [0x1f80, 0x1f87, 8],
  [0x1f90, 0x1f97, 8],
  [0x1fa0, 0x1fa7, 8],
  [0x1fb3, 0x1fb3, 9],
  [0x1fc3, 0x1fc3, 9],
  [0x1ff3, 0x1ff3, 9],
];

/** Go's `strings.ToLower`. */
export function toLower(text: string): string {
  return isAscii(text) ? text.toLowerCase() : Array.from(text).map(lowerRune).join('');
}

/** Go's `strings.ToUpper`. */
export function toUpper(text: string): string {
  return isAscii(text) ? text.toUpperCase() : Array.from(text).map(upperRune).join('');
}

/** Whether a text is ASCII alone. */
function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}

function lowerRune(rune: string): string {
  const lower = rune.toLowerCase();
  // Only U+0130 has a lower case of two characters in JavaScript. Its simple mapping is "i".
  return Array.from(lower).length === 1 ? lower : 'i';
}

function upperRune(rune: string): string {
  const upper = rune.toUpperCase();
  if (Array.from(upper).length === 1) return upper;
  const code = rune.codePointAt(0) ?? 0;
  const iota = GREEK_IOTA.find(([first, last]) => code >= first && code <= last);
  return iota ? String.fromCodePoint(code + iota[2]) : rune;
}
