import { BuiltinError } from '../builtin.js';
import type { Numeric } from '../operands.js';
import type { Pattern } from '../regex-cache.js';

/** A schema that is ready to check documents. Absent keywords are undefined. */
export interface CompiledSchema {
  /** A schema that is `true` or `false`. */
  pass?: boolean;
  /** What `$ref` refers to. Other keywords beside it don't count. */
  reference?: CompiledSchema;
  types: string[];
  properties: Map<string, CompiledSchema>;
  additionalProperties?: CompiledSchema | boolean;
  patternProperties: { readonly pattern: Pattern; readonly schema: CompiledSchema }[];
  propertyNames?: CompiledSchema;
  dependencies: Map<string, CompiledSchema | readonly string[]>;
  /** One schema for all elements, or one for each of the first ones. */
  items?: CompiledSchema | readonly CompiledSchema[];
  additionalItems?: CompiledSchema | boolean;
  contains?: CompiledSchema;
  multipleOf?: Numeric;
  minimum?: Numeric;
  exclusiveMinimum?: Numeric;
  maximum?: Numeric;
  exclusiveMaximum?: Numeric;
  minLength?: number;
  maxLength?: number;
  pattern?: Pattern;
  format?: string;
  minProperties?: number;
  maxProperties?: number;
  required: string[];
  minItems?: number;
  maxItems?: number;
  uniqueItems: boolean;
  /** The value that is allowed, as JSON. */
  constant?: string;
  /** The values that are allowed, as JSON. */
  allowed?: string[];
  oneOf: CompiledSchema[];
  anyOf: CompiledSchema[];
  allOf: CompiledSchema[];
  not?: CompiledSchema;
  if?: CompiledSchema;
  then?: CompiledSchema;
  else?: CompiledSchema;
}

/** The versions of JSON Schema. A schema that names none may use the keywords of all. */
export type Draft = 4 | 6 | 7 | 'hybrid';

/** A schema without any keyword. */
export function emptySchema(): CompiledSchema {
  return {
    types: [],
    properties: new Map(),
    patternProperties: [],
    dependencies: new Map(),
    required: [],
    uniqueItems: false,
    oneOf: [],
    anyOf: [],
    allOf: [],
  };
}

/** A keyword has a value of the wrong type. */
export function invalidType(expected: string, given: string): BuiltinError {
  return new BuiltinError(`Invalid type. Expected: ${expected}, given: ${given}`);
}

/** Whether a draft is this one or a later one. */
export function isAtLeast(draft: Draft, version: 6 | 7): boolean {
  return draft === 'hybrid' || draft >= version;
}
