import { GoError } from '../go/error.js';
import type { GqlQuery, GqlSchema } from './ast.js';

/** The fields of each kind of node, and their types. They describe how a document that a policy made is read. */
type Shape = Readonly<Record<string, Field>>;
type Field =
  | 'text'
  | 'flag'
  | 'number'
  | 'texts'
  | 'selections'
  | { readonly one: () => Shape }
  | { readonly many: () => Shape };

const one = (shape: () => Shape): Field => ({ one: shape });
const many = (shape: () => Shape): Field => ({ many: shape });

const TYPE: Shape = { NamedType: 'text', Elem: one(() => TYPE), NonNull: 'flag' };
const VALUE: Shape = {
  Raw: 'text',
  Children: many(() => CHILD),
  Kind: 'number',
  ExpectedTypeHasDefault: 'flag',
};
const CHILD: Shape = { Name: 'text', Value: one(() => VALUE) };
const ARGUMENT: Shape = { Name: 'text', Value: one(() => VALUE) };
const DIRECTIVE: Shape = { Name: 'text', Arguments: many(() => ARGUMENT), Location: 'text' };
const DIRECTIVES = many(() => DIRECTIVE);
const FIELD: Shape = {
  Alias: 'text',
  Name: 'text',
  Arguments: many(() => ARGUMENT),
  Directives: DIRECTIVES,
  SelectionSet: 'selections',
};
const VARIABLE: Shape = {
  Variable: 'text',
  Type: one(() => TYPE),
  DefaultValue: one(() => VALUE),
  Directives: DIRECTIVES,
  Used: 'flag',
};
const OPERATION: Shape = {
  Operation: 'text',
  Name: 'text',
  VariableDefinitions: many(() => VARIABLE),
  Directives: DIRECTIVES,
  SelectionSet: 'selections',
};
const FRAGMENT: Shape = {
  Name: 'text',
  VariableDefinition: many(() => VARIABLE),
  TypeCondition: 'text',
  Directives: DIRECTIVES,
  SelectionSet: 'selections',
};
const QUERY: Shape = { Operations: many(() => OPERATION), Fragments: many(() => FRAGMENT) };

const ARGUMENT_DEFINITION: Shape = {
  Description: 'text',
  Name: 'text',
  DefaultValue: one(() => VALUE),
  Type: one(() => TYPE),
  Directives: DIRECTIVES,
};
const FIELD_DEFINITION: Shape = { ...ARGUMENT_DEFINITION, Arguments: many(() => ARGUMENT_DEFINITION) };
const ENUM_VALUE: Shape = { Description: 'text', Name: 'text', Directives: DIRECTIVES };
const DEFINITION: Shape = {
  Kind: 'text',
  Description: 'text',
  Name: 'text',
  Directives: DIRECTIVES,
  Interfaces: 'texts',
  Fields: many(() => FIELD_DEFINITION),
  Types: 'texts',
  EnumValues: many(() => ENUM_VALUE),
  BuiltIn: 'flag',
};
const DIRECTIVE_DEFINITION: Shape = {
  Description: 'text',
  Name: 'text',
  Arguments: many(() => ARGUMENT_DEFINITION),
  Locations: 'texts',
  IsRepeatable: 'flag',
};
const OPERATION_TYPE: Shape = { Operation: 'text', Type: 'text' };
const SCHEMA_DEFINITION: Shape = {
  Description: 'text',
  Directives: DIRECTIVES,
  OperationTypes: many(() => OPERATION_TYPE),
};
const SCHEMA: Shape = {
  Schema: many(() => SCHEMA_DEFINITION),
  SchemaExtension: many(() => SCHEMA_DEFINITION),
  Directives: many(() => DIRECTIVE_DEFINITION),
  Definitions: many(() => DEFINITION),
  Extensions: many(() => DEFINITION),
};

/** Reads a request that a policy made from an earlier result. */
export function decodeQuery(document: unknown): GqlQuery {
  return decodeNode(document, QUERY) as unknown as GqlQuery;
}

/** Reads a schema that a policy made from an earlier result. */
export function decodeSchema(document: unknown): GqlSchema {
  return decodeNode(document, SCHEMA) as unknown as GqlSchema;
}

function decodeNode(value: unknown, shape: Shape): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, 'object');
  const entries = new Map(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item as unknown]));
  return Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [name, decodeField(entries.get(name.toLowerCase()), field)]),
  );
}

function decodeField(value: unknown, field: Field): unknown {
  switch (field) {
    case 'text':
      return scalar(value, 'string', '');
    case 'flag':
      return scalar(value, 'boolean', false);
    case 'number':
      return scalar(value, 'number', 0);
    case 'texts':
      return list(value).map((item) => scalar(item, 'string', ''));
    case 'selections':
      // Go's library reads every selection as a field.
      return list(value).map((item) => decodeNode(item, FIELD));
    default:
      if ('many' in field) return list(value).map((item) => decodeNode(item, field.many()));
      return value === undefined || value === null ? null : decodeNode(value, field.one());
  }
}

function scalar(value: unknown, type: string, otherwise: unknown): unknown {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== type) throw mismatch(value, type);
  return value;
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw mismatch(value, 'array');
  return value;
}

function mismatch(value: unknown, wanted: string): GoError {
  return new GoError(
    `json: cannot unmarshal ${value === null ? 'null' : typeof value} into Go value of type ${wanted}`,
  );
}
