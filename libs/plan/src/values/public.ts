export { get, makeObject, makeSet, sizeOf } from './access.js';
export { compare, entriesOf, equals, itemsOf, keysOf } from './compare.js';
export { fromJson } from './json-parse.js';
export { toJson, toPlain } from './json-text.js';
export { isArray, isNumber, isObject, isSet, typeName } from './kinds.js';
export type { TypeName } from './kinds.js';
export {
  asInteger,
  compareNumbers,
  numberFromInteger,
  numberFromText,
  numberText,
  RegoNumber,
} from './rego-number.js';
export { RegoObject, RegoSet } from './value.js';
export type { JsonObject, Value } from './value.js';
