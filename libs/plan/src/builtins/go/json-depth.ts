import { spend } from '../../values/index.js';
import { BuiltinError } from '../builtin.js';

/** The maximum nesting of arrays and objects that Go's `encoding/json` decodes. */
const MAX_DEPTH = 10_000;
/**
 * A string without an end extends to the end of the text. Otherwise a search from each quote would take quadratic
 * time.
 */
const STRING_OR_BRACKET = /"(?:[^"\\]|\\[^])*"?|[[\]{}]/g;

/**
 * Checks the nesting of a JSON text.
 *
 * @throws BuiltinError in Go's words where the text is too deep
 */
export function checkDepth(text: string): void {
  if (text.length <= MAX_DEPTH) return;
  let depth = 0;
  for (const [token] of text.matchAll(STRING_OR_BRACKET)) {
    spend(1);
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    if (depth > MAX_DEPTH) throw new BuiltinError('exceeded max depth');
  }
}
