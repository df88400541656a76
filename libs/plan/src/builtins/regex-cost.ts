/** A class of Unicode, such as `\pL`, takes about as long to compile as this many characters. */
const CLASS_COST = 64;
const REPEAT = /\{(\d{1,4})(?:,(\d{0,4}))?\}/y;
/** An atom: an escape, quoted text, a class or a character. Groups are handled separately. */
const ATOM =
  /\\(?:[xpP]\{[^}]*\}?|Q(?:(?!\\E)[^])*(?:\\E)?|[^])|\[\^?\]?(?:\\[^]|\[:\^?\w+:\]|[^\]\\])*\]?|[^]/y;
const UNICODE_CLASS = /\\p/gi;

/**
 * The approximate number of instructions of a regular expression. A repetition such as `(ab){9}` counts nine times.
 */
export function patternCost(pattern: string): number {
  const groups: number[] = [];
  let total = 0;
  let atom = 0;
  for (let index = 0; index < pattern.length;) {
    const text = firstAtom(pattern, index);
    index += text.length;
    if (text === '{') {
      const more = atom * (repetitions(pattern, index - 1) - 1);
      total += more;
      atom += more;
    } else if (text === '(') {
      groups.push(total++);
    } else if (text === ')') {
      atom = total - (groups.pop() ?? 0);
    } else {
      atom = costOfAtom(text);
      total += atom;
    }
  }
  return Math.max(total, pattern.length);
}

/** The text of the atom at a place: a character, an escape, a quoted text or a class. */
export function firstAtom(pattern: string, at: number): string {
  ATOM.lastIndex = at;
  return ATOM.exec(pattern)?.[0] ?? '';
}

const costOfAtom = (text: string) =>
  text.length === 1 ? 1 : text.length + CLASS_COST * (text.match(UNICODE_CLASS)?.length ?? 0);

/** The count of a repetition. Returns 1 when the brace begins no repetition. */
function repetitions(pattern: string, at: number): number {
  REPEAT.lastIndex = at;
  const [, least = '1', most = '0'] = REPEAT.exec(pattern) ?? [];
  return Math.max(1, Number(least), Number(most));
}
