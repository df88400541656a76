import type {
  CommentGroup,
  GqlDefinition,
  GqlDirectiveDefinition,
  GqlOperationType,
  GqlSchema,
  GqlSchemaDefinition,
} from './ast.js';
import {
  parseArgumentDefinitions,
  parseDescription,
  parseTypeDefinition,
  TYPE_KEYWORDS,
} from './parse-definition.js';
import type { Description } from './parse-definition.js';
import { parseDirectives } from './parse-common.js';
import { TokenReader } from './token-reader.js';

type Mutable<Type> = {
  -readonly [Key in keyof Type]: Type[Key] extends readonly (infer Item)[] ? Item[] : Type[Key];
};

const LOCATIONS = new Set([
  'QUERY',
  'MUTATION',
  'SUBSCRIPTION',
  'FIELD',
  'FRAGMENT_DEFINITION',
  'FRAGMENT_SPREAD',
  'INLINE_FRAGMENT',
  'VARIABLE_DEFINITION',
  'SCHEMA',
  'SCALAR',
  'OBJECT',
  'FIELD_DEFINITION',
  'ARGUMENT_DEFINITION',
  'INTERFACE',
  'UNION',
  'ENUM',
  'ENUM_VALUE',
  'INPUT_OBJECT',
  'INPUT_FIELD_DEFINITION',
]);
const NO_DESCRIPTION: Description = { text: '', comment: null };

/** Reads a schema. Throws the library's error, as OPA shows it. `onToken` is called for each token. */
export function parseSchemaDocument(input: string, onToken: () => void): GqlSchema {
  const reader = new TokenReader(input, onToken);
  const schema: Mutable<GqlSchema> = {
    Schema: [],
    SchemaExtension: [],
    Directives: [],
    Definitions: [],
    Extensions: [],
    Comment: null,
  };
  while (!reader.is('<EOF>')) parseDefinition(reader, schema);
  return { ...schema, Comment: reader.comment };
}

function parseDefinition(reader: TokenReader, schema: Mutable<GqlSchema>): void {
  const description = parseDescription(reader);
  if (reader.isKeyword(...TYPE_KEYWORDS)) {
    schema.Definitions.push(parseTypeDefinition(reader, description));
  } else if (reader.isKeyword('schema')) {
    schema.Schema.push(parseSchemaDefinition(reader, description));
  } else if (reader.isKeyword('directive')) {
    schema.Directives.push(parseDirectiveDefinition(reader, description));
  } else if (reader.isKeyword('extend')) {
    if (description.text !== '') throw reader.unexpected(reader.previous);
    parseExtension(reader, schema);
  } else {
    throw reader.unexpected();
  }
}

function parseSchemaDefinition(reader: TokenReader, description: Description): GqlSchemaDefinition {
  const comment = reader.expectKeyword('schema');
  return schemaDefinition(reader, description, comment);
}

function schemaDefinition(
  reader: TokenReader,
  description: Description,
  comment: CommentGroup | null,
): GqlSchemaDefinition {
  const directives = parseDirectives(reader, true);
  const body = reader.some('{', '}', () => parseOperationType(reader));
  return {
    Description: description.text,
    Directives: directives,
    OperationTypes: body.items,
    BeforeDescriptionComment: description.comment,
    AfterDescriptionComment: comment,
    EndOfDefinitionComment: body.comment,
  };
}

function parseOperationType(reader: TokenReader): GqlOperationType {
  reader.peek();
  const { comment } = reader;
  const token = reader.next();
  if (!['query', 'mutation', 'subscription'].includes(token.value)) throw reader.unexpected(token);
  reader.expect(':');
  return { Operation: token.value, Type: reader.name(), Comment: comment };
}

function parseExtension(reader: TokenReader, schema: Mutable<GqlSchema>): void {
  const comment = reader.expectKeyword('extend');
  if (reader.isKeyword('schema')) {
    reader.next();
    const definition = schemaDefinition(reader, NO_DESCRIPTION, comment);
    if (definition.Directives.length + definition.OperationTypes.length === 0) throw reader.unexpected();
    schema.SchemaExtension.push(definition);
    return;
  }
  if (!reader.isKeyword(...TYPE_KEYWORDS)) throw reader.unexpected();
  const extension = parseTypeDefinition(reader, NO_DESCRIPTION, true);
  if (isEmptyExtension(extension)) throw reader.unexpected();
  schema.Extensions.push({ ...extension, AfterDescriptionComment: comment });
}

function isEmptyExtension(extension: GqlDefinition): boolean {
  const { Kind, Directives, Interfaces, Fields, Types, EnumValues } = extension;
  const parts = Kind === 'OBJECT' ? [Interfaces, Fields] : [Fields, Types, EnumValues];
  return [Directives, ...parts].every((part) => part.length === 0);
}

function parseDirectiveDefinition(reader: TokenReader, description: Description): GqlDirectiveDefinition {
  const comment = reader.expectKeyword('directive');
  reader.expect('@');
  const name = reader.name();
  const definitions = parseArgumentDefinitions(reader);
  const isRepeatable = reader.isKeyword('repeatable');
  if (isRepeatable) reader.next();
  reader.expectKeyword('on');
  return {
    Description: description.text,
    Name: name,
    Arguments: definitions,
    Locations: parseLocations(reader),
    IsRepeatable: isRepeatable,
    BeforeDescriptionComment: description.comment,
    AfterDescriptionComment: comment,
  };
}

function parseLocations(reader: TokenReader): string[] {
  reader.skip('|');
  const locations = [parseLocation(reader)];
  while (reader.skip('|')) locations.push(parseLocation(reader));
  return locations;
}

function parseLocation(reader: TokenReader): string {
  const [token] = reader.expect('Name');
  if (!LOCATIONS.has(token.value)) throw reader.unexpected(token);
  return token.value;
}
