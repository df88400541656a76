import type {
  ArgumentNode,
  DirectiveNode,
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  NameNode,
  ObjectFieldNode,
  OperationDefinitionNode,
  OperationTypeNode as OperationType,
  SelectionNode,
  SelectionSetNode,
  TypeNode,
  ValueNode,
  VariableDefinitionNode,
} from 'graphql';
import type {
  GqlArgument,
  GqlDirective,
  GqlFragment,
  GqlOperation,
  GqlQuery,
  GqlSelection,
  GqlType,
  GqlValue,
  GqlVariable,
} from './ast.js';
import { VALUE_KIND } from './ast.js';
import { Kind, OperationTypeNode } from './peer.js';

/** A request as the package `graphql` takes it. */
export function queryNode(query: GqlQuery): DocumentNode {
  return {
    kind: Kind.DOCUMENT,
    definitions: [...query.Operations.map(operationNode), ...query.Fragments.map(fragmentNode)],
  };
}

/** A name. */
export function nameNode(value: string): NameNode {
  return { kind: Kind.NAME, value };
}

/** A reference to a type. */
export function typeNode({ NamedType, Elem, NonNull }: GqlType): TypeNode {
  const type = Elem
    ? ({ kind: Kind.LIST_TYPE, type: typeNode(Elem) } as const)
    : ({ kind: Kind.NAMED_TYPE, name: nameNode(NamedType) } as const);
  return NonNull ? { kind: Kind.NON_NULL_TYPE, type } : type;
}

/** Directives where they are used. */
export function directiveNodes(directives: readonly GqlDirective[]): DirectiveNode[] {
  return directives.map(({ Name, Arguments }) => ({
    kind: Kind.DIRECTIVE,
    name: nameNode(Name),
    arguments: argumentNodes(Arguments),
  }));
}

/** A value, which may be a variable. */
export function valueNode({ Kind: kind, Raw, Children }: GqlValue): ValueNode {
  switch (kind) {
    case VALUE_KIND.variable:
      return { kind: Kind.VARIABLE, name: nameNode(Raw) };
    case VALUE_KIND.int:
      return { kind: Kind.INT, value: Raw };
    case VALUE_KIND.float:
      return { kind: Kind.FLOAT, value: Raw };
    case VALUE_KIND.boolean:
      return { kind: Kind.BOOLEAN, value: Raw === 'true' };
    case VALUE_KIND.null:
      return { kind: Kind.NULL };
    case VALUE_KIND.enum:
      return { kind: Kind.ENUM, value: Raw };
    case VALUE_KIND.list:
      return { kind: Kind.LIST, values: Children.map(({ Value }) => valueNode(Value)) };
    case VALUE_KIND.object: {
      const fields = Children.map(({ Name, Value }): ObjectFieldNode => ({
        kind: Kind.OBJECT_FIELD,
        name: nameNode(Name),
        value: valueNode(Value),
      }));
      return { kind: Kind.OBJECT, fields };
    }
    default:
      return { kind: Kind.STRING, value: Raw };
  }
}

function argumentNodes(values: readonly GqlArgument[]): ArgumentNode[] {
  return values.map(({ Name, Value }) => ({
    kind: Kind.ARGUMENT,
    name: nameNode(Name),
    value: valueNode(Value),
  }));
}

function operationNode(operation: GqlOperation): OperationDefinitionNode {
  const { Operation, Name, VariableDefinitions, Directives, SelectionSet } = operation;
  return {
    kind: Kind.OPERATION_DEFINITION,
    operation: operationType(Operation),
    ...(Name === '' ? {} : { name: nameNode(Name) }),
    variableDefinitions: VariableDefinitions.map(variableNode),
    directives: directiveNodes(Directives),
    selectionSet: selectionSetNode(SelectionSet),
  };
}

/** The kind of an operation. */
export function operationType(operation: string): OperationType {
  if (operation === 'mutation') return OperationTypeNode.MUTATION;
  return operation === 'subscription' ? OperationTypeNode.SUBSCRIPTION : OperationTypeNode.QUERY;
}

function variableNode({ Variable, Type, DefaultValue, Directives }: GqlVariable): VariableDefinitionNode {
  const value = DefaultValue ? valueNode(DefaultValue) : undefined;
  return {
    kind: Kind.VARIABLE_DEFINITION,
    variable: { kind: Kind.VARIABLE, name: nameNode(Variable) },
    type: typeNode(Type),
    // A default value that was read has no variables.
    ...(value ? { defaultValue: value as Exclude<VariableDefinitionNode['defaultValue'], undefined> } : {}),
    directives: directiveNodes(Directives) as Exclude<VariableDefinitionNode['directives'], undefined>,
  };
}

function fragmentNode({
  Name,
  TypeCondition,
  Directives,
  SelectionSet,
}: GqlFragment): FragmentDefinitionNode {
  return {
    kind: Kind.FRAGMENT_DEFINITION,
    name: nameNode(Name),
    typeCondition: { kind: Kind.NAMED_TYPE, name: nameNode(TypeCondition) },
    directives: directiveNodes(Directives),
    selectionSet: selectionSetNode(SelectionSet),
  };
}

function selectionSetNode(selections: readonly GqlSelection[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections: selections.map(selectionNode) };
}

function selectionNode(selection: GqlSelection): SelectionNode {
  const directives = directiveNodes(selection.Directives);
  if ('Alias' in selection) {
    const { Alias, Name, Arguments, SelectionSet } = selection;
    const field: FieldNode = {
      kind: Kind.FIELD,
      name: nameNode(Name),
      arguments: argumentNodes(Arguments),
      directives,
      ...(Alias === Name ? {} : { alias: nameNode(Alias) }),
      ...(SelectionSet.length === 0 ? {} : { selectionSet: selectionSetNode(SelectionSet) }),
    };
    return field;
  }
  if ('TypeCondition' in selection) {
    const { TypeCondition, SelectionSet } = selection;
    return {
      kind: Kind.INLINE_FRAGMENT,
      ...(TypeCondition === ''
        ? {}
        : { typeCondition: { kind: Kind.NAMED_TYPE, name: nameNode(TypeCondition) } }),
      directives,
      selectionSet: selectionSetNode(SelectionSet),
    };
  }
  return { kind: Kind.FRAGMENT_SPREAD, name: nameNode(selection.Name), directives };
}
