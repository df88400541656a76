import { GoError } from '../go/error.js';
import { goQuote } from '../go/quote.js';
import type {
  DefinitionKind,
  GqlArgumentDefinition,
  GqlDefinition,
  GqlDirective,
  GqlFieldDefinition,
  GqlSchema,
} from './ast.js';
import { VALUE_KIND } from './ast.js';
import type { Schema } from './schema.js';
import { joinSchema } from './schema.js';
import { validateInputCycles } from './validate-cycles.js';
import { validateImplements } from './validate-implements.js';

const OUTPUT_KINDS: readonly DefinitionKind[] = ['SCALAR', 'OBJECT', 'INTERFACE', 'UNION', 'ENUM'];
const INPUT_KINDS: readonly DefinitionKind[] = ['SCALAR', 'ENUM', 'INPUT_OBJECT'];

/** Checks a schema as OPA's library does. Throws its first error. */
export function validateSchema(document: GqlSchema): Schema {
  const schema = joinSchema(document);
  for (const { Directives } of [...document.Schema, ...document.SchemaExtension]) {
    checkDirectives(schema, Directives, 'SCHEMA');
  }
  for (const name of [...schema.types.keys()].sort()) {
    const definition = schema.types.get(name);
    if (definition) checkDefinition(schema, definition);
  }
  validateInputCycles(schema);
  for (const definition of schema.directives.values()) {
    checkName(definition.Name);
    checkArguments(schema, definition.Arguments, definition.Name);
  }
  return schema;
}

function checkDefinition(schema: Schema, definition: GqlDefinition): void {
  for (const field of definition.Fields) checkField(schema, definition, field);
  for (const member of definition.Types) checkMember(schema, definition, member);
  for (const parent of definition.Interfaces) validateImplements(schema, definition, parent);
  checkContent(schema, definition);
  checkUnique(definition.Fields, (name) => `Field ${definition.Name}.${name} can only be defined once.`);
  checkUnique(
    definition.EnumValues,
    (name) => `Enum value ${definition.Name}.${name} can only be defined once.`,
  );
  checkUnique(
    definition.Types.map((name) => ({ Name: name })),
    (name) => `Union type ${definition.Name} can only include type ${name} once.`,
  );
  if (!definition.BuiltIn) checkName(definition.Name);
  checkDirectives(schema, definition.Directives, definition.Kind, { isMerged: true });
}

function checkField(schema: Schema, definition: GqlDefinition, field: GqlFieldDefinition): void {
  checkName(field.Name);
  typeOf(schema, field);
  checkArguments(schema, field.Arguments);
  const isInput = definition.Kind === 'INPUT_OBJECT';
  checkDirectives(schema, field.Directives, isInput ? 'INPUT_FIELD_DEFINITION' : 'FIELD_DEFINITION');
}

function checkMember(schema: Schema, { Kind }: GqlDefinition, member: string): void {
  const type = schema.types.get(member);
  if (!type) throw new GoError(`Undefined type ${goQuote(member)}.`);
  if (type.Kind !== 'OBJECT') throw new GoError(`${Kind} type ${goQuote(member)} must be OBJECT.`);
}

function checkContent(schema: Schema, definition: GqlDefinition): void {
  const { Kind, Name, Fields, EnumValues } = definition;
  switch (Kind) {
    case 'OBJECT':
    case 'INTERFACE':
      if (Fields.length === 0) throw new GoError(`${Kind} ${Name}: must define one or more fields.`);
      checkFieldKinds(schema, definition, OUTPUT_KINDS);
      break;
    case 'INPUT_OBJECT':
      if (Fields.length === 0) throw new GoError(`${Kind} ${Name}: must define one or more input fields.`);
      checkFieldKinds(schema, definition, INPUT_KINDS);
      break;
    case 'ENUM':
      if (EnumValues.length === 0) {
        throw new GoError(`${Kind} ${Name}: must define one or more unique enum values.`);
      }
      for (const value of EnumValues) {
        if (['true', 'false', 'null'].includes(value.Name)) {
          throw new GoError(`${Kind} ${Name}: non-enum value ${value.Name}.`);
        }
        checkDirectives(schema, value.Directives, 'ENUM_VALUE');
      }
      break;
    default:
  }
}

function checkFieldKinds(
  schema: Schema,
  { Kind, Name, Fields }: GqlDefinition,
  kinds: readonly DefinitionKind[],
): void {
  for (const field of Fields) {
    if (!kinds.includes(typeOf(schema, field).Kind)) {
      throw new GoError(`${Kind} ${Name}: field must be one of ${kinds.join(', ')}.`);
    }
  }
}

function checkArguments(
  schema: Schema,
  definitions: readonly GqlArgumentDefinition[],
  directive?: string,
): void {
  for (const argument of definitions) {
    checkName(argument.Name);
    const { Kind, Name } = typeOf(schema, argument);
    if (!INPUT_KINDS.includes(Kind)) {
      throw new GoError(
        `cannot use ${Name} as argument ${argument.Name} because ${Kind} is not a valid input type`,
      );
    }
    checkDirectives(
      schema,
      argument.Directives,
      'ARGUMENT_DEFINITION',
      directive === undefined ? {} : { directive },
    );
  }
}

interface DirectiveOptions {
  /** The directive definition that uses the directives, if any. */
  readonly directive?: string;
  /** The directives come from a type and its extensions, so a directive may occur twice. */
  readonly isMerged?: boolean;
}

function checkDirectives(
  schema: Schema,
  directives: readonly GqlDirective[],
  location: string,
  options: DirectiveOptions = {},
): void {
  const seen = new Set<string>();
  for (const directive of directives) {
    const { Name } = directive;
    checkName(Name);
    if (Name === options.directive) throw new GoError(`Directive ${Name} cannot refer to itself.`);
    const definition = schema.directives.get(Name);
    if (!definition) throw new GoError(`Undefined directive ${Name}.`);
    if (options.isMerged !== true && seen.has(Name) && !definition.IsRepeatable) {
      throw new GoError(`The directive ${Name} can only be used once at this location.`);
    }
    seen.add(Name);
    if (!definition.Locations.includes(location)) {
      throw new GoError(`Directive ${Name} is not applicable on ${location}.`);
    }
    checkDirectiveArguments(directive, definition.Arguments);
  }
}

function checkDirectiveArguments(
  directive: GqlDirective,
  definitions: readonly GqlArgumentDefinition[],
): void {
  for (const { Name } of directive.Arguments) {
    if (!definitions.some((definition) => definition.Name === Name)) {
      throw new GoError(`Undefined argument ${Name} for directive ${directive.Name}.`);
    }
  }
  for (const { Name, Type, DefaultValue } of definitions) {
    const argument = directive.Arguments.find((candidate) => candidate.Name === Name);
    const isMissing = !argument || argument.Value.Kind === VALUE_KIND.null;
    if (Type.NonNull && DefaultValue === null && isMissing) {
      throw new GoError(`Argument ${Name} for directive ${directive.Name} cannot be null.`);
    }
  }
}

function typeOf(schema: Schema, { Type }: GqlArgumentDefinition): GqlDefinition {
  let type = Type;
  while (type.NamedType === '' && type.Elem) type = type.Elem;
  const definition = schema.types.get(type.NamedType);
  if (!definition) throw new GoError(`Undefined type ${type.NamedType}.`);
  return definition;
}

function checkName(name: string): void {
  if (name.startsWith('__')) {
    throw new GoError(`Name "${name}" must not begin with "__", which is reserved by GraphQL introspection.`);
  }
}

function checkUnique(items: readonly { readonly Name: string }[], message: (name: string) => string): void {
  const seen = new Set<string>();
  for (const { Name } of items) {
    if (seen.has(Name)) throw new GoError(message(Name));
    seen.add(Name);
  }
}
