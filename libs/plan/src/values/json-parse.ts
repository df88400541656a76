import { parseKeepingNumbers } from './json-parser.js';
import { scanJson } from './json-scan.js';
import type { Value } from './value.js';

/** How deep arrays and objects may be nested: what Go takes. */
export const MAX_DEPTH = 10_000;

/** Reads JSON. Every number keeps its text. Throws a SyntaxError for anything else, or for JSON nested too deep. */
export function fromJson(text: string): Value {
  const { isExact, depth } = scanJson(text);
  if (depth > MAX_DEPTH) throw new SyntaxError(`The JSON is nested deeper than ${MAX_DEPTH} levels`);
  return isExact ? (JSON.parse(text) as Value) : parseKeepingNumbers(text);
}
