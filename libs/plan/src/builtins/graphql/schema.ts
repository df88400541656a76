import { GoError } from '../go/error.js';
import type { GqlDefinition, GqlDirectiveDefinition, GqlOperationType, GqlSchema } from './ast.js';
import { parseSchemaDocument } from './parse-schema.js';
import { PRELUDE } from './prelude.js';

/** A schema whose definitions and extensions are joined. */
export interface Schema {
  readonly types: ReadonlyMap<string, GqlDefinition>;
  readonly directives: ReadonlyMap<string, GqlDirectiveDefinition>;
  /** The names of the types of operations: `query`, `mutation` and `subscription`. */
  readonly roots: ReadonlyMap<string, string>;
  /** The object types of each interface or union. */
  readonly possibleTypes: ReadonlyMap<string, readonly string[]>;
}

const BUILT_IN_DIRECTIVES = new Set(['include', 'skip', 'deprecated', 'specifiedBy', 'defer', 'oneOf']);
const ROOTS = [
  ['query', 'Query'],
  ['mutation', 'Mutation'],
  ['subscription', 'Subscription'],
] as const;
let prelude: GqlSchema | undefined;

/** Joins a document with the prelude. Throws for a duplicate declaration, and for an extension of another kind. */
export function joinSchema(document: GqlSchema): Schema {
  prelude ??= parseSchemaDocument(PRELUDE, () => undefined);
  const types = joinTypes(
    [...prelude.Definitions.map(asBuiltIn), ...document.Definitions],
    document.Extensions,
  );
  const directives = joinDirectives([...prelude.Directives, ...document.Directives]);
  return { types, directives, roots: findRoots(document, types), possibleTypes: findPossibleTypes(types) };
}

function asBuiltIn(definition: GqlDefinition): GqlDefinition {
  return { ...definition, BuiltIn: true };
}

function joinTypes(
  definitions: readonly GqlDefinition[],
  extensions: readonly GqlDefinition[],
): Map<string, GqlDefinition> {
  const types = new Map<string, GqlDefinition>();
  for (const definition of definitions) {
    if (types.has(definition.Name)) throw new GoError(`Cannot redeclare type ${definition.Name}.`);
    types.set(definition.Name, definition);
  }
  for (const extension of extensions) types.set(extension.Name, extend(types.get(extension.Name), extension));
  return types;
}

/** Applies an extension. The extension of an undefined type defines the type. */
function extend(base: GqlDefinition | undefined, extension: GqlDefinition): GqlDefinition {
  if (!base) return extension;
  const { Name, Kind } = extension;
  if (base.Kind !== Kind) {
    throw new GoError(`Cannot extend type ${Name} because the base type is a ${base.Kind}, not ${Kind}.`);
  }
  return {
    ...base,
    Directives: [...base.Directives, ...extension.Directives],
    Interfaces: [...base.Interfaces, ...extension.Interfaces],
    Fields: [...base.Fields, ...extension.Fields],
    Types: [...base.Types, ...extension.Types],
    EnumValues: [...base.EnumValues, ...extension.EnumValues],
  };
}

/** The directives of the specification may be declared again. */
function joinDirectives(definitions: readonly GqlDirectiveDefinition[]): Map<string, GqlDirectiveDefinition> {
  const directives = new Map<string, GqlDirectiveDefinition>();
  for (const definition of definitions) {
    if (directives.has(definition.Name) && !BUILT_IN_DIRECTIVES.has(definition.Name)) {
      throw new GoError(`Cannot redeclare directive ${definition.Name}.`);
    }
    directives.set(definition.Name, definition);
  }
  return directives;
}

function findRoots(document: GqlSchema, types: ReadonlyMap<string, GqlDefinition>): Map<string, string> {
  const roots = new Map<string, string>();
  if (document.Schema.length > 1) {
    throw new GoError('Cannot have multiple schema entry points, consider schema extensions instead.');
  }
  for (const { OperationTypes } of [...document.Schema, ...document.SchemaExtension]) {
    for (const entry of OperationTypes) roots.set(entry.Operation, existingType(entry, types));
  }
  if (document.Schema.length > 0) return roots;
  for (const [operation, name] of ROOTS) {
    if (!roots.has(operation) && types.has(name)) roots.set(operation, name);
  }
  return roots;
}

function existingType(entry: GqlOperationType, types: ReadonlyMap<string, GqlDefinition>): string {
  if (types.has(entry.Type)) return entry.Type;
  throw new GoError(`Schema root ${entry.Operation} refers to a type ${entry.Type} that does not exist.`);
}

function findPossibleTypes(types: ReadonlyMap<string, GqlDefinition>): Map<string, string[]> {
  const possible = new Map<string, string[]>();
  const add = (name: string, type: string): unknown =>
    possible.set(name, [...(possible.get(name) ?? []), type]);
  for (const { Name, Kind, Types, Interfaces } of types.values()) {
    if (Kind === 'UNION') {
      for (const member of Types) add(Name, member);
    } else {
      for (const parent of Interfaces) add(parent, Name);
    }
  }
  return possible;
}
