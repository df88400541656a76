import { parseKeepingNumbers } from './json-parser.js';
import { isExactJson } from './json-scan.js';
import type { Value } from './value.js';

/** Reads JSON. Every number keeps its text. Throws a SyntaxError for anything else. */
export function fromJson(text: string): Value {
  return isExactJson(text) ? (JSON.parse(text) as Value) : parseKeepingNumbers(text);
}
