import type { Value } from '../../values/index.js';
import { compareNumbers, isArray, isNumber, numberText, toJson } from '../../values/index.js';
import { asInteger, entriesOf, get, isObject, isSet, itemsOf, keyText } from '../../values/index.js';
import { BuiltinError } from '../builtin.js';
import type { Numeric, ObjectValue } from '../operands.js';
import { elementsOf } from '../operands.js';
import type { CompiledSchema, Draft } from './schema.js';
import { invalidType } from './schema.js';

const TYPES = ['array', 'boolean', 'integer', 'number', 'null', 'object', 'string'];
const SIZES = [
  ['minLength', 'maxLength'],
  ['minProperties', 'maxProperties'],
  ['minItems', 'maxItems'],
] as const;
type Size = (typeof SIZES)[number][number];

/** A text keyword. */
export function textKeyword(node: ObjectValue, key: string): string | undefined {
  const value = get(node, key);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw invalidType('string', key);
  return value;
}

/** An array keyword. */
export function listKeyword(node: ObjectValue, key: string): readonly Value[] | undefined {
  const value = get(node, key);
  if (value === undefined) return undefined;
  if (!isArray(value)) throw new BuiltinError(`${key} must be of an array`);
  return elementsOf(value);
}

/** `type` */
export function readTypes(node: ObjectValue): string[] {
  const value = get(node, 'type');
  if (value === undefined) return [];
  const names = isArray(value) ? (elementsOf(value) ?? []) : [value];
  const types: string[] = [];
  for (const name of names) {
    if (typeof name !== 'string') throw invalidType('type', 'string/Array Of Strings');
    if (!TYPES.includes(name)) {
      const expected = '[array boolean integer number null object string]';
      throw new BuiltinError(
        `has a primitive type that is NOT VALID -- given: /${name}/ Expected valid values are:${expected}`,
      );
    }
    if (types.includes(name)) throw new BuiltinError(`${name} type is duplicated`);
    types.push(name);
  }
  return types;
}

/** `multipleOf`, `minimum`, `maximum` and the exclusive ones */
export function readNumbers(node: ObjectValue, schema: CompiledSchema, draft: Draft): void {
  const multiple = get(node, 'multipleOf');
  if (multiple !== undefined) {
    if (!isNumber(multiple)) throw invalidType('Number', 'multipleOf');
    if (compareNumbers(multiple, 0) <= 0)
      throw new BuiltinError('multipleOf must be strictly greater than 0');
    schema.multipleOf = multiple;
  }
  readBound(node, schema, draft, 'minimum', 'exclusiveMinimum');
  readBound(node, schema, draft, 'maximum', 'exclusiveMaximum');
}

/** Reads an exclusive bound. In draft 4 the keyword is a boolean; in later drafts it is the bound. */
function readBound(
  node: ObjectValue,
  schema: CompiledSchema,
  draft: Draft,
  inclusive: 'minimum' | 'maximum',
  exclusive: 'exclusiveMinimum' | 'exclusiveMaximum',
): void {
  const bound = get(node, inclusive);
  if (bound !== undefined) {
    if (!isNumber(bound)) throw new BuiltinError(`${inclusive} must be of a Number`);
    schema[inclusive] = bound;
  }
  const other = get(node, exclusive);
  if (other === undefined) return;
  if (isNumber(other) && draft !== 4) {
    schema[exclusive] = other;
    return;
  }
  const wanted = draft === 4 ? 'boolean' : draft === 'hybrid' ? 'boolean/number' : 'number';
  if (typeof other !== 'boolean' || draft === 6 || draft === 7) throw invalidType(wanted, exclusive);
  const given: Numeric | undefined = schema[inclusive];
  if (given === undefined) throw new BuiltinError(`${exclusive} cannot be used without ${inclusive}`);
  if (other) {
    schema[exclusive] = given;
    Reflect.deleteProperty(schema, inclusive);
  }
}

/** The minimum and maximum number of characters, properties or elements. */
export function readSizes(node: ObjectValue, schema: CompiledSchema): void {
  for (const [least, most] of SIZES) {
    readSize(node, schema, least);
    readSize(node, schema, most);
    if ((schema[least] ?? 0) > (schema[most] ?? Infinity)) {
      throw new BuiltinError(`${least} cannot be greater than ${most}`);
    }
  }
}

function readSize(node: ObjectValue, schema: CompiledSchema, key: Size): void {
  const value = get(node, key);
  if (value === undefined) return;
  const size = isNumber(value) ? asInteger(value) : undefined;
  const isPlain = isNumber(value) && /^-?\d+$/.test(numberText(value));
  if (size === undefined || !isPlain) throw new BuiltinError(`${key} must be of an integer`);
  if (size < 0n) throw new BuiltinError(`${key} must be greater than or equal to 0`);
  schema[key] = Number(size);
}

/** `required` */
export function readRequired(node: ObjectValue): string[] {
  const required: string[] = [];
  for (const name of listKeyword(node, 'required') ?? []) {
    if (typeof name !== 'string') throw invalidType('string', 'required');
    if (required.includes(name)) throw new BuiltinError('required items must be unique');
    required.push(name);
  }
  return required;
}

/** `enum` */
export function readAllowed(node: ObjectValue): string[] | undefined {
  const values = listKeyword(node, 'enum')?.map(plainJson);
  if (values && new Set(values).size < values.length) throw new BuiltinError('enum items must be unique');
  return values;
}

/** A value as JSON with numbers as doubles: `1` and `1.0` are the same. */
export function plainJson(value: Value): string {
  return toJson(plainNumbers(value));
}

function plainNumbers(value: Value): Value {
  if (isNumber(value)) return Number(numberText(value));
  if (isArray(value)) return (elementsOf(value) ?? []).map(plainNumbers);
  if (isSet(value)) return itemsOf(value).map(plainNumbers);
  if (!isObject(value)) return value;
  return Object.fromEntries(entriesOf(value).map(([key, item]) => [keyText(key), plainNumbers(item)]));
}
