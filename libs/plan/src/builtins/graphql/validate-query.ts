import type {
  ConstDirectiveNode,
  ConstValueNode,
  DefinitionNode,
  EnumValueDefinitionNode,
  FieldDefinitionNode,
  GraphQLSchema,
  InputValueDefinitionNode,
  NamedTypeNode,
  OperationTypeDefinitionNode,
  TypeDefinitionNode,
} from 'graphql';
import { GoError } from '../go/error.js';
import type {
  GqlArgumentDefinition,
  GqlDefinition,
  GqlDirective,
  GqlDirectiveDefinition,
  GqlFieldDefinition,
  GqlQuery,
} from './ast.js';
import { buildASTSchema, Kind, validate } from './peer.js';
import type { Schema } from './schema.js';
import { directiveNodes, nameNode, operationType, queryNode, typeNode, valueNode } from './to-nodes.js';

/** The types that every schema of the package `graphql` has. */
const BUILT_IN_SCALARS = new Set(['Int', 'Float', 'String', 'Boolean', 'ID']);

/** A schema that requests can be checked against. */
export function executableSchema(schema: Schema): GraphQLSchema {
  const types = [...schema.types.values()].filter(
    ({ BuiltIn, Name }) => !BuiltIn && !BUILT_IN_SCALARS.has(Name),
  );
  const roots = [...schema.roots].map(([operation, type]): OperationTypeDefinitionNode => ({
    kind: Kind.OPERATION_TYPE_DEFINITION,
    operation: operationType(operation),
    type: namedType(type),
  }));
  const definitions: DefinitionNode[] = [
    ...types.map(definitionNode),
    ...[...schema.directives.values()].map(directiveDefinitionNode),
    { kind: Kind.SCHEMA_DEFINITION, operationTypes: roots },
  ];
  return buildASTSchema({ kind: Kind.DOCUMENT, definitions }, { assumeValid: true, assumeValidSDL: true });
}

/** Checks a request. Throws the first error. */
export function validateQuery(schema: GraphQLSchema, query: GqlQuery): void {
  for (const { Operation } of query.Operations) {
    if (!schema.getRootType(operationType(Operation))) {
      throw new GoError(`Schema does not support operation type "${Operation}"`);
    }
  }
  const [error] = validate(schema, queryNode(query), undefined, { maxErrors: 1 });
  if (error) throw new GoError(`GraphQL parse error: ${error.message}`);
}

function namedType(name: string): NamedTypeNode {
  return { kind: Kind.NAMED_TYPE, name: nameNode(name) };
}

/** Directives and values of a schema have no variables: its parser refuses them. */
function constDirectives(directives: readonly GqlDirective[]): readonly ConstDirectiveNode[] {
  return directiveNodes(directives) as readonly ConstDirectiveNode[];
}

function definitionNode(definition: GqlDefinition): TypeDefinitionNode {
  const { Kind: kind, Name, Directives, Interfaces, Fields, Types, EnumValues } = definition;
  const common = { name: nameNode(Name), directives: constDirectives(Directives) };
  switch (kind) {
    case 'SCALAR':
      return { kind: Kind.SCALAR_TYPE_DEFINITION, ...common };
    case 'UNION':
      return { kind: Kind.UNION_TYPE_DEFINITION, ...common, types: Types.map(namedType) };
    case 'ENUM': {
      const values = EnumValues.map((value): EnumValueDefinitionNode => ({
        kind: Kind.ENUM_VALUE_DEFINITION,
        name: nameNode(value.Name),
      }));
      return { kind: Kind.ENUM_TYPE_DEFINITION, ...common, values };
    }
    case 'INPUT_OBJECT':
      return { kind: Kind.INPUT_OBJECT_TYPE_DEFINITION, ...common, fields: Fields.map(inputValueNode) };
    case 'INTERFACE':
      return { kind: Kind.INTERFACE_TYPE_DEFINITION, ...common, ...members(Interfaces, Fields) };
    default:
      return { kind: Kind.OBJECT_TYPE_DEFINITION, ...common, ...members(Interfaces, Fields) };
  }
}

function members(
  interfaces: readonly string[],
  fields: readonly GqlFieldDefinition[],
): { readonly interfaces: NamedTypeNode[]; readonly fields: FieldDefinitionNode[] } {
  return { interfaces: interfaces.map(namedType), fields: fields.map(fieldNode) };
}

function fieldNode({ Name, Arguments, Type }: GqlFieldDefinition): FieldDefinitionNode {
  return {
    kind: Kind.FIELD_DEFINITION,
    name: nameNode(Name),
    arguments: Arguments.map(inputValueNode),
    type: typeNode(Type),
  };
}

function inputValueNode({ Name, Type, DefaultValue }: GqlArgumentDefinition): InputValueDefinitionNode {
  return {
    kind: Kind.INPUT_VALUE_DEFINITION,
    name: nameNode(Name),
    type: typeNode(Type),
    ...(DefaultValue ? { defaultValue: valueNode(DefaultValue) as ConstValueNode } : {}),
  };
}

function directiveDefinitionNode(definition: GqlDirectiveDefinition): DefinitionNode {
  const { Name, Arguments, Locations, IsRepeatable } = definition;
  return {
    kind: Kind.DIRECTIVE_DEFINITION,
    name: nameNode(Name),
    arguments: Arguments.map(inputValueNode),
    repeatable: IsRepeatable,
    locations: Locations.map(nameNode),
  };
}
