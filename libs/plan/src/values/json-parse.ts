import { parseKeepingNumbers } from './json-parser.js';
import { isExactJson } from './json-scan.js';
import type { Value } from './value.js';

/**
 * Reads JSON. Every number keeps its text. Throws a SyntaxError for anything else.
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

/** Checks a JSON text, and gives the function that reads it, as `fromJson`. Each step takes long for a large text. */
export function jsonReader(text: string): () => Value {
  return isExactJson(text) ? () => JSON.parse(text) as Value : () => parseKeepingNumbers(text);
}

/** Reads JSON, as `fromJson`. A `null` behind the document, and all text behind this `null`, is ignored. */
export function fromJsonBeforeNull(text: string): Value {
  try {
    return fromJson(text);
  } catch (error) {
    if (error instanceof SyntaxError && text.includes('null')) return parseKeepingNumbers(text, true);
    throw error;
  }
}
