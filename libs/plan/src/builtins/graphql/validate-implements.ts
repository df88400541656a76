import { GoError } from '../go/error.js';
import { goQuote } from '../go/quote.js';
import type { GqlDefinition, GqlFieldDefinition, GqlType } from './ast.js';
import type { Schema } from './schema.js';

/** Checks that a type implements an interface. */
export function validateImplements(schema: Schema, definition: GqlDefinition, name: string): void {
  const parent = schema.types.get(name);
  if (!parent) throw new GoError(`Undefined type ${goQuote(name)}.`);
  if (parent.Kind !== 'INTERFACE')
    throw new GoError(`${goQuote(name)} is a non interface type ${parent.Kind}.`);
  const reason = `For ${definition.Name} to implement ${parent.Name}`;
  for (const required of parent.Fields) {
    const field = definition.Fields.find(({ Name }) => Name === required.Name);
    if (!field) throw new GoError(`${reason} it must have a field called ${required.Name}.`);
    if (!isCovariant(schema, required.Type, field.Type)) {
      throw new GoError(`${reason} the field ${required.Name} must have type ${typeText(required.Type)}.`);
    }
    checkArguments(reason, required, field);
  }
  checkAncestors(definition, parent);
}

function checkArguments(reason: string, required: GqlFieldDefinition, field: GqlFieldDefinition): void {
  const same = `${reason} the field ${required.Name} must have the same arguments but`;
  for (const { Name, Type } of required.Arguments) {
    const argument = field.Arguments.find((candidate) => candidate.Name === Name);
    if (!argument) throw new GoError(`${same} it is missing ${Name}.`);
    if (!isCompatible(Type, argument.Type)) throw new GoError(`${same} ${Name} has the wrong type.`);
  }
  for (const { Name, Type, DefaultValue } of field.Arguments) {
    const isDeclared = required.Arguments.some((candidate) => candidate.Name === Name);
    if (!isDeclared && Type.NonNull && DefaultValue === null) {
      throw new GoError(
        `${reason} any additional arguments on ${field.Name} must be optional or have a default value but ${Name} is required.`,
      );
    }
  }
}

function checkAncestors(definition: GqlDefinition, parent: GqlDefinition): void {
  for (const ancestor of parent.Interfaces) {
    if (definition.Interfaces.includes(ancestor)) continue;
    throw new GoError(
      ancestor === definition.Name
        ? `Type ${definition.Name} cannot implement ${parent.Name} because it would create a circular reference.`
        : `Type ${definition.Name} must implement ${ancestor} because it is implemented by ${parent.Name}.`,
    );
  }
}

function isCovariant(schema: Schema, required: GqlType, actual: GqlType): boolean {
  if (required.NonNull && !actual.NonNull) return false;
  if (required.NamedType !== '') {
    const possible = schema.possibleTypes.get(required.NamedType) ?? [];
    return required.NamedType === actual.NamedType || possible.includes(actual.NamedType);
  }
  return required.Elem !== null && actual.Elem !== null && isCovariant(schema, required.Elem, actual.Elem);
}

function isCompatible(required: GqlType, actual: GqlType): boolean {
  if (required.NamedType !== actual.NamedType) return false;
  if (required.Elem && (!actual.Elem || !isCompatible(required.Elem, actual.Elem))) return false;
  return !actual.NonNull || required.NonNull;
}

function typeText({ NamedType, Elem, NonNull }: GqlType): string {
  return (Elem ? `[${typeText(Elem)}]` : NamedType) + (NonNull ? '!' : '');
}
