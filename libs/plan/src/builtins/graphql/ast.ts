/** GraphQL documents in OPA's shape. The names are those of the Go library's fields. */

/** The comments before a token. */
export interface CommentGroup {
  readonly List: readonly { readonly Value: string }[];
}

/** The kinds of values, by the numbers that OPA shows. */
export const VALUE_KIND = {
  variable: 0,
  int: 1,
  float: 2,
  string: 3,
  block: 4,
  boolean: 5,
  null: 6,
  enum: 7,
  list: 8,
  object: 9,
} as const;

/** The kinds of type definitions. */
export type DefinitionKind = 'SCALAR' | 'OBJECT' | 'INTERFACE' | 'UNION' | 'ENUM' | 'INPUT_OBJECT';

/** A literal or a variable. */
export interface GqlValue {
  readonly Raw: string;
  readonly Children: readonly GqlChildValue[];
  readonly Kind: number;
  readonly Comment: CommentGroup | null;
  readonly ExpectedTypeHasDefault: boolean;
}

/** An element of a list, or a field of an object. */
export interface GqlChildValue {
  readonly Name: string;
  readonly Value: GqlValue;
  readonly Comment: CommentGroup | null;
}

/** A reference to a type. */
export interface GqlType {
  readonly NamedType: string;
  readonly Elem: GqlType | null;
  readonly NonNull: boolean;
}

/** An argument of a field or a directive. */
export interface GqlArgument {
  readonly Name: string;
  readonly Value: GqlValue;
  readonly Comment: CommentGroup | null;
}

/** A directive where it is used. */
export interface GqlDirective {
  readonly Name: string;
  readonly Arguments: readonly GqlArgument[];
  readonly Location: string;
}

/** A field of a query. */
export interface GqlField {
  readonly Alias: string;
  readonly Name: string;
  readonly Arguments: readonly GqlArgument[];
  readonly Directives: readonly GqlDirective[];
  readonly SelectionSet: readonly GqlSelection[];
  readonly Comment: CommentGroup | null;
}

/** `...Name` */
export interface GqlFragmentSpread {
  readonly Name: string;
  readonly Directives: readonly GqlDirective[];
  readonly Comment: CommentGroup | null;
}

/** `... on Type { }` */
export interface GqlInlineFragment {
  readonly TypeCondition: string;
  readonly Directives: readonly GqlDirective[];
  readonly SelectionSet: readonly GqlSelection[];
  readonly Comment: CommentGroup | null;
}

/** An item of a selection set. */
export type GqlSelection = GqlField | GqlFragmentSpread | GqlInlineFragment;

/** A variable of an operation. */
export interface GqlVariable {
  readonly Variable: string;
  readonly Type: GqlType;
  readonly DefaultValue: GqlValue | null;
  readonly Directives: readonly GqlDirective[];
  readonly Comment: CommentGroup | null;
  readonly Used: boolean;
}

/** A query, a mutation or a subscription. */
export interface GqlOperation {
  readonly Operation: string;
  readonly Name: string;
  readonly VariableDefinitions: readonly GqlVariable[];
  readonly Directives: readonly GqlDirective[];
  readonly SelectionSet: readonly GqlSelection[];
  readonly Comment: CommentGroup | null;
}

/** A named fragment. */
export interface GqlFragment {
  readonly Name: string;
  readonly VariableDefinition: readonly GqlVariable[];
  readonly TypeCondition: string;
  readonly Directives: readonly GqlDirective[];
  readonly SelectionSet: readonly GqlSelection[];
  readonly Comment: CommentGroup | null;
}

/** The document of a request. */
export interface GqlQuery {
  readonly Operations: readonly GqlOperation[];
  readonly Fragments: readonly GqlFragment[];
}

/** The comments around a definition. */
export interface DefinitionComments {
  readonly BeforeDescriptionComment: CommentGroup | null;
  readonly AfterDescriptionComment: CommentGroup | null;
}

/** An argument of a field definition or a directive definition. */
export interface GqlArgumentDefinition extends DefinitionComments {
  readonly Description: string;
  readonly Name: string;
  readonly DefaultValue: GqlValue | null;
  readonly Type: GqlType;
  readonly Directives: readonly GqlDirective[];
}

/** A field of an object, an interface or an input object. */
export interface GqlFieldDefinition extends GqlArgumentDefinition {
  readonly Arguments: readonly GqlArgumentDefinition[];
}

/** A value of an enum. */
export interface GqlEnumValue extends DefinitionComments {
  readonly Description: string;
  readonly Name: string;
  readonly Directives: readonly GqlDirective[];
}

/** A type definition or an extension of one. */
export interface GqlDefinition extends DefinitionComments {
  readonly Kind: DefinitionKind;
  readonly Description: string;
  readonly Name: string;
  readonly Directives: readonly GqlDirective[];
  readonly Interfaces: readonly string[];
  readonly Fields: readonly GqlFieldDefinition[];
  readonly Types: readonly string[];
  readonly EnumValues: readonly GqlEnumValue[];
  readonly BuiltIn: boolean;
  readonly EndOfDefinitionComment: CommentGroup | null;
}

/** A directive definition. */
export interface GqlDirectiveDefinition extends DefinitionComments {
  readonly Description: string;
  readonly Name: string;
  readonly Arguments: readonly GqlArgumentDefinition[];
  readonly Locations: readonly string[];
  readonly IsRepeatable: boolean;
}

/** The root type of a kind of operation. */
export interface GqlOperationType {
  readonly Operation: string;
  readonly Type: string;
  readonly Comment: CommentGroup | null;
}

/** `schema { }` */
export interface GqlSchemaDefinition extends DefinitionComments {
  readonly Description: string;
  readonly Directives: readonly GqlDirective[];
  readonly OperationTypes: readonly GqlOperationType[];
  readonly EndOfDefinitionComment: CommentGroup | null;
}

/** The document of a schema. */
export interface GqlSchema {
  readonly Schema: readonly GqlSchemaDefinition[];
  readonly SchemaExtension: readonly GqlSchemaDefinition[];
  readonly Directives: readonly GqlDirectiveDefinition[];
  readonly Definitions: readonly GqlDefinition[];
  readonly Extensions: readonly GqlDefinition[];
  readonly Comment: CommentGroup | null;
}
