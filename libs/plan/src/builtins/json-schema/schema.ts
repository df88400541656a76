import { BuiltinError } from '../builtin.js';
import type { Numeric } from '../operands.js';
import type { Pattern } from '../regex-cache.js';

/** A schema that is ready to check documents. Absent keywords are undefined. */
export interface CompiledSchema {
  /** A schema that is `true` or `false`. */
  pass?: boolean;
  /** The schema that `$ref` refers to. Other keywords beside `$ref` are ignored. */
  reference?: CompiledSchema;
  types: string[];
  properties: Map<string, CompiledSchema>;
  additionalProperties?: CompiledSchema | boolean;
  patternProperties: { readonly pattern: Pattern; readonly schema: CompiledSchema }[];
  propertyNames?: CompiledSchema;
  dependencies: Map<string, CompiledSchema | readonly string[]>;
  /** One schema for all elements, or an array of schemas for the first elements. */
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
  /** The allowed value, as JSON. */
  constant?: string;
  /** The allowed values, as JSON. */
  allowed?: string[];
  oneOf: CompiledSchema[];
  anyOf: CompiledSchema[];
  allOf: CompiledSchema[];
  not?: CompiledSchema;
  if?: CompiledSchema;
  then?: CompiledSchema;
  else?: CompiledSchema;
}

/** The versions of JSON Schema. A schema without `$schema` may use the keywords of all versions. */
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

/** The error for a keyword with a value of the wrong type. */
export function invalidType(expected: string, given: string): BuiltinError {
  return new BuiltinError(`Invalid type. Expected: ${expected}, given: ${given}`);
}

/** Whether a draft is this one or a later one. */
export function isAtLeast(draft: Draft, version: 6 | 7): boolean {
  return draft === 'hybrid' || draft >= version;
}
