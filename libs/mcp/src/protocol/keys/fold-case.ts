/**
 * Characters whose simple case folding can't be computed from their upper case. The dotless `ı` folds to itself, not to
 * `i`. In three pairs of equal characters, the upper case has several letters.
 *
 * @see {@link https://www.unicode.org/Public/UCD/latest/ucd/CaseFolding.txt | Unicode's table}
 */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['\u0131', '\u0131'],
  ['\u1fd3', '\u0390'],
  ['\u1fe3', '\u03b0'],
  ['\ufb05', '\ufb06'],
]);

const ASCII = /^[\0-\x7f]*$/;
const ASCII_CAPITALS = /[A-Z]+/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;
const OTHER_CASED = /(?![\0-\x7f])\p{Changes_When_Casemapped}/gu;
/** Cached folds. The cache is bounded by the 3,000 characters that have a case. */
const folds = new Map<string, string>(EXCEPTIONS);

/**
 * Folds a JSON key by Unicode's simple case folding, character by character. Two keys have the same fold if and only if
 * Go's `encoding/json` takes them for the same key. `toLowerCase()` of the whole key would be wrong: it does not change
 * `ſ`, and makes two characters of `İ`.
 *
 * @see {@link https://pkg.go.dev/encoding/json#Unmarshal | Go's rule}
 */
export function foldCase(key: string): string {
  if (ASCII.test(key)) return key.toLowerCase();
  return (
    key
      // Go reads a lone surrogate as U+FFFD.
      .replace(LONE_SURROGATE, '\ufffd')
      .replace(OTHER_CASED, (character) => folds.get(character) ?? foldCharacter(character))
      .replace(ASCII_CAPITALS, (letters) => letters.toLowerCase())
  );
}

function foldCharacter(character: string): string {
  const upper = single(character.toUpperCase()) ?? character;
  const fold = single(upper.toLowerCase()) ?? upper;
  folds.set(character, fold);
  return fold;
}

/** The text, if it is one character; `undefined` for a longer text. */
function single(text: string): string | undefined {
  const [first, second] = text;
  return second === undefined ? first : undefined;
}
