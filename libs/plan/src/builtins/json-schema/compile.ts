import type { JsonObject, Value } from '../../values/index.js';
import { entriesOf, get, isArray, isObject, keyText } from '../../values/index.js';
import type { BuiltinContext } from '../builtin.js';
import { BuiltinError } from '../builtin.js';
import { attempt } from '../failure.js';
import type { ObjectValue } from '../operands.js';
import { elementsOf } from '../operands.js';
import { compileRegex } from '../regex-cache.js';
import {
  listKeyword,
  plainJson,
  readAllowed,
  readNumbers,
  readRequired,
  readSizes,
  readTypes,
  textKeyword,
} from './keywords.js';
import { draftOf, References } from './references.js';
import type { CompiledSchema, Draft } from './schema.js';
import { emptySchema, invalidType, isAtLeast } from './schema.js';

/** Compiles a schema. Throws OPA's error for an invalid schema. */
export function compileSchema(context: BuiltinContext, document: Value): CompiledSchema {
  const draft = draftOf(document);
  return new Compiler(context, new References(document), draft).compile(document);
}

class Compiler {
  readonly #compiled = new Map<string, CompiledSchema>();

  constructor(
    readonly context: BuiltinContext,
    readonly references: References,
    readonly draft: Draft,
  ) {}

  compile(node: Value, schema = emptySchema()): CompiledSchema {
    this.context.checkDeadline();
    if (typeof node === 'boolean' && isAtLeast(this.draft, 6)) {
      schema.pass = node;
      return schema;
    }
    if (!isObject(node)) throw new BuiltinError('Expected: Valid Schema, given: Invalid JSON');
    textKeyword(node, this.#idKeyword(node));
    this.#checkDefinitions(node);
    textKeyword(node, 'title');
    textKeyword(node, 'description');
    if (this.#readReference(node, schema)) return schema;
    schema.types = readTypes(node);
    this.#readObject(node, schema);
    this.#readArray(node, schema);
    readNumbers(node, schema, this.draft);
    readSizes(node, schema);
    this.#readText(node, schema);
    schema.required = readRequired(node);
    this.#readFlags(node, schema);
    this.#readCombinations(node, schema);
    return schema;
  }

  #idKeyword(node: ObjectValue): string {
    if (this.draft === 4) return 'id';
    return this.draft === 'hybrid' && get(node, 'id') !== undefined ? 'id' : '$id';
  }

  #checkDefinitions(node: ObjectValue): void {
    const definitions = get(node, 'definitions');
    if (definitions === undefined) return;
    const error = invalidType('Array Of Schemas', 'definitions');
    if (!isObject(definitions)) throw error;
    for (const [, definition] of entriesOf(definitions)) {
      if (!isSchema(definition)) throw error;
      this.compile(definition);
    }
  }

  /** Reads `$ref`. Returns true when it compiled the target: the caller then ignores the other keywords. */
  #readReference(node: ObjectValue, schema: CompiledSchema): boolean {
    const reference = textKeyword(node, '$ref');
    if (reference === undefined) return false;
    const address = this.references.addressOf(node as JsonObject, reference);
    const compiled = this.#compiled.get(address);
    if (compiled) {
      schema.reference = compiled;
      return false;
    }
    const target = emptySchema();
    this.#compiled.set(address, target);
    const document = this.references.find(address, reference);
    if (!isSchema(document)) throw new BuiltinError('Valid Schema must be of type object');
    schema.reference = this.compile(document, target);
    return true;
  }

  #readObject(node: ObjectValue, schema: CompiledSchema): void {
    const properties = get(node, 'properties');
    if (properties !== undefined) {
      if (!isObject(properties)) throw new BuiltinError('Properties must be of type object');
      for (const [name, property] of entriesOf(properties)) {
        schema.properties.set(keyText(name), this.compile(property));
      }
    }
    const additional = this.#schemaOrFlag(node, 'additionalProperties');
    if (additional !== undefined) schema.additionalProperties = additional;
    this.#readPatternProperties(node, schema);
    const names = get(node, 'propertyNames');
    if (names !== undefined && isAtLeast(this.draft, 6)) {
      if (!isSchema(names)) throw invalidType('Valid Schema', 'patternProperties');
      schema.propertyNames = this.compile(names);
    }
    this.#readDependencies(node, schema);
  }

  #readPatternProperties(node: ObjectValue, schema: CompiledSchema): void {
    const patterns = get(node, 'patternProperties');
    if (patterns === undefined) return;
    if (!isObject(patterns)) throw invalidType('Valid Schema', 'patternProperties');
    for (const [key, property] of entriesOf(patterns)) {
      const source = keyText(key);
      const pattern = attempt(() => compileRegex(this.context, source))?.[0];
      if (!pattern) throw new BuiltinError(`Invalid regex pattern '${source}'`);
      schema.patternProperties.push({ pattern, schema: this.compile(property) });
    }
  }

  #readDependencies(node: ObjectValue, schema: CompiledSchema): void {
    const dependencies = get(node, 'dependencies');
    if (dependencies === undefined) return;
    if (!isObject(dependencies)) throw new BuiltinError('dependencies must be of type object');
    for (const [name, dependency] of entriesOf(dependencies)) {
      schema.dependencies.set(keyText(name), this.#dependency(dependency));
    }
  }

  #dependency(dependency: Value): CompiledSchema | readonly string[] {
    if (isSchema(dependency)) return this.compile(dependency);
    const names = isArray(dependency) ? (elementsOf(dependency) ?? []) : undefined;
    if (!names?.every((name) => typeof name === 'string')) {
      throw new BuiltinError('Dependency must be of type Schema Or Array Of Strings');
    }
    return names;
  }

  #readArray(node: ObjectValue, schema: CompiledSchema): void {
    const items = get(node, 'items');
    if (isArray(items ?? null)) {
      schema.items = (elementsOf(items) ?? []).map((item) => {
        if (!isSchema(item)) throw invalidType('Valid Schema/Array Of Schemas', 'items');
        return this.compile(item);
      });
    } else if (items !== undefined) {
      if (!isSchema(items)) throw invalidType('Valid Schema/Array Of Schemas', 'items');
      schema.items = this.compile(items);
    }
    const additional = this.#schemaOrFlag(node, 'additionalItems');
    if (additional !== undefined) schema.additionalItems = additional;
  }

  #schemaOrFlag(node: ObjectValue, key: string): CompiledSchema | boolean | undefined {
    const value = get(node, key);
    if (value === undefined || typeof value === 'boolean') return value;
    if (!isObject(value)) throw invalidType('boolean/Valid Schema', key);
    return this.compile(value);
  }

  #readText(node: ObjectValue, schema: CompiledSchema): void {
    const pattern = textKeyword(node, 'pattern');
    if (pattern !== undefined) {
      const compiled = attempt(() => compileRegex(this.context, pattern))?.[0];
      if (!compiled) throw new BuiltinError('pattern must be a valid regex');
      schema.pattern = compiled;
    }
    const format = textKeyword(node, 'format');
    if (format !== undefined) schema.format = format;
  }

  #readFlags(node: ObjectValue, schema: CompiledSchema): void {
    const unique = get(node, 'uniqueItems');
    if (unique !== undefined && typeof unique !== 'boolean') {
      throw new BuiltinError('uniqueItems must be of a boolean');
    }
    schema.uniqueItems = unique === true;
    const contains = get(node, 'contains');
    if (contains !== undefined && isAtLeast(this.draft, 6)) schema.contains = this.compile(contains);
    const constant = get(node, 'const');
    if (constant !== undefined && isAtLeast(this.draft, 6)) schema.constant = plainJson(constant);
    const allowed = readAllowed(node);
    if (allowed) schema.allowed = allowed;
  }

  #readCombinations(node: ObjectValue, schema: CompiledSchema): void {
    for (const key of ['oneOf', 'anyOf', 'allOf'] as const) {
      schema[key] = (listKeyword(node, key) ?? []).map((item) => this.compile(item));
    }
    for (const key of ['not', 'if', 'then', 'else'] as const) {
      const value = get(node, key);
      if (value === undefined || (key !== 'not' && !isAtLeast(this.draft, 7))) continue;
      if (!isSchema(value)) throw new BuiltinError(`${key} must be of an object`);
      schema[key] = this.compile(value);
    }
  }
}

function isSchema(value: Value): boolean {
  return typeof value === 'boolean' || isObject(value);
}
