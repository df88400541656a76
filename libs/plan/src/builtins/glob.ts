import type { Value } from '../values/index.js';
import type { Builtins } from './builtin.js';
import { fromGo } from './failure.js';
import { globToRegex, quoteGlob } from './go/glob.js';
import { arrayOperand, elementTypeError, elementsOf, operandTypeError, stringOperand } from './operands.js';
import { compileRegex } from './regex-cache.js';

/** `glob.*` */
export const glob: Builtins = {
  'glob.match': (context, pattern, delimiters = null, text) => {
    const source = stringOperand(pattern, 1);
    const separators = delimitersOperand(delimiters);
    const subject = stringOperand(text, 3);
    return compileRegex(
      context,
      fromGo(() => globToRegex(source, separators)),
    ).test(subject);
  },
  'glob.quote_meta': (_context, text) => quoteGlob(stringOperand(text, 1)),
};

/** Reads the delimiters: null means none, and an empty array means ".". */
function delimitersOperand(delimiters: Value): readonly string[] {
  if (delimiters === null) return [];
  if (!Array.isArray(delimiters)) throw operandTypeError(2, delimiters, 'array', 'null');
  const array = arrayOperand(delimiters, 2);
  const runes = (elementsOf(array) ?? []).map((element) => {
    if (typeof element !== 'string') throw elementTypeError(2, array, element, 'string');
    if (Array.from(element).length !== 1) throw elementTypeError(2, array, element, 'rune');
    return element;
  });
  return runes.length === 0 ? ['.'] : runes;
}
