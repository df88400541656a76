/**
 * Finds places where JSON may have a number that JavaScript would write differently. Short integers are skipped, and
 * short decimals without a final zero. A place may also be inside a string.
 */
const DOUBTFUL =
  /(?:^|[:,[\s])(?=-?\d)(?!(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,7})\.\d{0,5}[1-9])(?:[,\]}\s]|$))/g;
/** A number of JSON. If another character follows, the match is inside a string. */
const NUMBER = /-?\d[\d.eE+-]*(?=[,\]}\s]|$)/y;
/** An escape that may be half of a surrogate pair. */
const SURROGATE = /\\u[dD][89a-fA-F]/;

/**
 * Whether JSON.parse reads a JSON text without loss: JavaScript writes every number the same way, and every string is
 * well-formed. The result may be a false negative. The check takes a fifth of the time of JSON.parse.
 */
export function isExactJson(text: string): boolean {
  const isExact = hasExactNumbers(text);
  // RegExp.input holds the text of the last match, which may be 10 MB. This match releases that text.
  /^/.exec('');
  return isExact;
}

function hasExactNumbers(text: string): boolean {
  if (text.includes('\\u') && SURROGATE.test(text)) return false;
  DOUBTFUL.lastIndex = 0;
  for (let match = DOUBTFUL.exec(text); match; match = DOUBTFUL.exec(text)) {
    const start = match.index + match[0].length;
    NUMBER.lastIndex = start;
    DOUBTFUL.lastIndex = start + 1;
    const number = NUMBER.exec(text)?.[0];
    if (number !== undefined && String(Number(number)) !== number) return false;
  }
  return true;
}
