export * from './public.js';
export { addToSet, copyObject, insertInto } from './access.js';
export {
  abs,
  add,
  ArithmeticError,
  ceil,
  divide,
  floor,
  multiply,
  remainder,
  round,
  subtract,
} from './arithmetic.js';
export { contains } from './compare.js';
export { entriesInAnyOrder } from './entries.js';
export { fromJsonBeforeNull, jsonReader } from './json-parse.js';
export { keyText } from './json-text.js';
export { fromCaller } from './kinds.js';
export { mapKey } from './map-key.js';
export type { MapKey } from './value.js';
export { spend, work } from './work.js';
export type { Clock } from './work.js';
