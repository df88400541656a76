import type { GraphQLSchema } from 'graphql';
import type { Value } from '../../values/index.js';
import { isObject, toJson, toPlain } from '../../values/index.js';
import type { BuiltinContext, Builtins } from '../builtin.js';
import { attempt, fromGo } from '../failure.js';
import { operandTypeError, stringOperand } from '../operands.js';
import type { GqlQuery, GqlSchema } from './ast.js';
import { decodeQuery, decodeSchema } from './decode.js';
import { parseQueryDocument } from './parse-query.js';
import { parseSchemaDocument } from './parse-schema.js';
import { prune } from './prune.js';
import { checkFieldPairs } from './query-cost.js';
import { executableSchema, validateQuery } from './validate-query.js';
import { validateSchema } from './validate-schema.js';

/** `graphql.*` */
export const graphql: Builtins = {
  'graphql.parse_query': (context, query) => {
    const text = stringOperand(query, 1);
    return prune(fromGo(() => parseQueryDocument(text, onToken(context))));
  },
  'graphql.parse_schema': (context, schema) => {
    const text = stringOperand(schema, 1);
    return prune(fromGo(() => parseSchemaDocument(text, onToken(context))));
  },
  'graphql.parse': (context, query = null, schema = null) => fromGo(() => parseBoth(context, query, schema)),
  'graphql.parse_and_verify': (context, query = null, schema = null) => {
    const parsed = attempt(() => parseBoth(context, query, schema));
    return parsed ? [true, ...parsed[0]] : [false, {}, {}];
  },
  'graphql.is_valid': (context, query = null, schema = null) =>
    attempt(() => parseBoth(context, query, schema)) !== undefined,
  'graphql.schema_is_valid': (context, schema = null) =>
    attempt(() => validateSchema(readSchema(context, schema, 1))) !== undefined,
};

const MOST_SCHEMAS = 10;
const schemas = new Map<string, GraphQLSchema>();

function onToken(context: BuiltinContext): () => void {
  return () => {
    context.checkDeadline();
  };
}

/** Parses a request and a schema, and checks the request against the schema. */
function parseBoth(context: BuiltinContext, query: Value, schema: Value): [query: Value, schema: Value] {
  const queryDocument = readQuery(context, query);
  const schemaDocument = readSchema(context, schema, 1);
  const key = typeof schema === 'string' ? `"${schema}` : toJson(schema);
  checkFieldPairs(context, queryDocument);
  validateQuery(cachedSchema(key, schemaDocument), queryDocument);
  context.checkDeadline();
  return [prune(queryDocument), prune(schemaDocument)];
}

/** Caches schemas, because policies check many requests against few schemas. */
function cachedSchema(key: string, document: GqlSchema): GraphQLSchema {
  const known = schemas.get(key);
  if (known) return known;
  const schema = executableSchema(validateSchema(document));
  if (schemas.size >= MOST_SCHEMAS) schemas.clear();
  schemas.set(key, schema);
  return schema;
}

function readQuery(context: BuiltinContext, query: Value): GqlQuery {
  if (typeof query === 'string') return parseQueryDocument(query, onToken(context));
  if (isObject(query)) return decodeQuery(toPlain(query));
  throw operandTypeError(0, query, 'string', 'object');
}

function readSchema(context: BuiltinContext, schema: Value, position: number): GqlSchema {
  if (typeof schema === 'string') return parseSchemaDocument(schema, onToken(context));
  if (isObject(schema)) return decodeSchema(toPlain(schema));
  throw operandTypeError(position, schema, 'string', 'object');
}
