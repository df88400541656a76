import { parseKeepingNumbers } from './json-parser.js';
import { isExactJson } from './json-scan.js';
import type { Value } from './value.js';

/**
 * Reads JSON. Every number keeps its text. Throws a SyntaxError for text that is not JSON.
 *
 * @example
 * ```ts
 * import { fromJson, toJson } from 'opa-plan';
 *
 * toJson(fromJson('{"price": 2.0}')); // '{"price":2.0}'
 * ```
 */
export function fromJson(text: string): Value {
  return jsonReader(text)();
}

/**
 * Checks a JSON text and returns a function that reads the text as `fromJson` does. Both steps take long for a large
 * text, so the caller can pause between them.
 */
export function jsonReader(text: string): () => Value {
  return isExactJson(text) ? () => JSON.parse(text) as Value : () => parseKeepingNumbers(text);
}

/** Reads JSON as `fromJson` does. If `null` follows the document, that `null` and all text after it are ignored. */
export function fromJsonBeforeNull(text: string): Value {
  try {
    return fromJson(text);
  } catch (error) {
    if (error instanceof SyntaxError && text.includes('null')) return parseKeepingNumbers(text, true);
    throw error;
  }
}
