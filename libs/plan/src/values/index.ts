export { addToSet, copyObject, get, insertInto, makeObject, makeSet, sizeOf } from './access.js';
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
export { compare, contains, entriesOf, equals, itemsOf, keysOf } from './compare.js';
export { fromJson } from './json-parse.js';
export { keyText, toJson, toPlain } from './json-text.js';
export { fromCaller, isArray, isNumber, isObject, isSet, typeName } from './kinds.js';
export type { TypeName } from './kinds.js';
export { mapKey } from './map-key.js';
export {
  asInteger,
  compareNumbers,
  numberFromInteger,
  numberFromText,
  numberText,
  RegoNumber,
} from './rego-number.js';
export { compareStrings, wellFormed } from './strings.js';
export { RegoObject, RegoSet } from './value.js';
export { entriesInAnyOrder } from './entries.js';
export { spend, work } from './work.js';
export type { Clock } from './work.js';
export type { JsonObject, MapKey, Value } from './value.js';
