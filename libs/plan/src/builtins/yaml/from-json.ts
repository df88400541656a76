import { BuiltinError } from '../builtin.js';

/** Characters that JSON does not escape and YAML forbids. */
const FORBIDDEN = /[\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;
/** In quoted text YAML folds a next-line character (U+0085), with the spaces around it, like any line end. */
const FOLDED_BREAKS = /(?<! ) *\u0085[ \u0085]*/g;
/** The maximum length of a key in JSON text, with quotes and escapes. */
const LONGEST_KEY = 1_024;

/**
 * A string as OPA's library sees it. The library encodes the value as JSON and decodes this JSON as YAML, which
 * changes or refuses some strings.
 *
 * @throws BuiltinError for a character that YAML forbids
 * @see https://github.com/kubernetes-sigs/yaml `JSONToYAML`
 */
export function textFromJson(text: string): string {
  if (FORBIDDEN.test(text)) throw new BuiltinError('yaml: control characters are not allowed');
  return text.replace(FOLDED_BREAKS, (match) => {
    const breaks = match.replaceAll(' ', '').length;
    return breaks === 1 ? ' ' : '\n'.repeat(breaks - 1);
  });
}

/**
 * A key as OPA's library sees it. The rules of `textFromJson` apply, and the key must be one line of limited length.
 *
 * @throws BuiltinError for a key that YAML does not take
 */
export function keyFromJson(key: string): string {
  const text = textFromJson(key);
  const isTooLong = key.length > LONGEST_KEY / 12 && Array.from(JSON.stringify(key)).length > LONGEST_KEY;
  if (key.includes('\u0085') || isTooLong) {
    throw new BuiltinError("yaml: did not find expected ',' or '}'");
  }
  return text;
}
