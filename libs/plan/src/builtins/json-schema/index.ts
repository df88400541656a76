import type { Value } from '../../values/index.js';
import { fromJson, isArray, isObject, toJson } from '../../values/index.js';
import type { BuiltinContext, Builtins } from '../builtin.js';
import { BuiltinError } from '../builtin.js';
import { parseWholeJson } from '../json.js';
import { compileSchema } from './compile.js';
import type { CompiledSchema } from './schema.js';
import { validateDocument } from './validate.js';

/** `json.match_schema` and `json.verify_schema` */
export const jsonSchema: Builtins = {
  'json.verify_schema': (context, schema = null) => {
    try {
      compileSchema(context, readDocument(schema));
      return [true, null];
    } catch (error) {
      if (error instanceof BuiltinError) return [false, `jsonschema: ${error.message}`];
      throw error;
    }
  },
  'json.match_schema': (context, document = null, schema = null) => {
    const value = readDocument(document);
    const report = validateDocument(context, cachedSchema(context, schema), value);
    return [report.isValid, report.toValue()];
  },
};

const MOST_SCHEMAS = 50;
const schemas = new Map<string, CompiledSchema>();

function cachedSchema(context: BuiltinContext, schema: Value): CompiledSchema {
  const document = readDocument(schema);
  const key = toJson(document);
  const known = schemas.get(key);
  if (known) return known;
  const compiled = compileSchema(context, document);
  if (schemas.size >= MOST_SCHEMAS) schemas.clear();
  schemas.set(key, compiled);
  return compiled;
}

/** Reads a document of plain JSON. A string is parsed, and sets become arrays. */
function readDocument(value: Value): Value {
  if (typeof value === 'string') {
    try {
      return parseWholeJson(value);
    } catch (error) {
      throw error instanceof BuiltinError ? new BuiltinError('invalid JSON string', { cause: error }) : error;
    }
  }
  if (isObject(value) || isArray(value)) return fromJson(toJson(value));
  throw new BuiltinError('wrong type, expected string or object');
}
