import type { JsonObject, RegoNumber, RegoObject, RegoSet, Value } from '../values/index.js';
import {
  asInteger,
  fromCaller,
  isArray,
  isNumber,
  isObject,
  isSet,
  itemsOf,
  numberText,
  typeName,
} from '../values/index.js';
import { BuiltinError } from './builtin.js';

/** A number value of either kind. */
export type Numeric = number | RegoNumber;
/** An object value of either kind. */
export type ObjectValue = JsonObject | RegoObject;

/** The error for an operand of the wrong type or value. OPA reports this error under its own code. */
export class OperandError extends BuiltinError {
  /** The code that OPA gives to such an error. */
  readonly code = 'eval_type_error';
}

const INT64_TEXT = /^[+-]?(\d+(?:\.0*)?)$/;
const LONGEST_INT64 = 19;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** The error for an operand: its position and the problem. */
export function operandError(position: number, problem: string): OperandError {
  return new OperandError(`operand ${position} ${problem}`);
}

/** The error for an operand of the wrong type. */
export function operandTypeError(position: number, value: Value, ...expected: string[]): OperandError {
  return operandError(position, `must be ${oneOf(expected)} but got ${typeName(value)}`);
}

/** The error for an element of the wrong type. */
export function elementTypeError(
  position: number,
  collection: Value,
  element: Value,
  ...expected: string[]
): OperandError {
  const name = typeName(collection);
  const wanted = expected.length === 1 ? `${expected.join()}s` : `(any of) {${expected.join(', ')}}`;
  return operandError(
    position,
    `must be ${name} of ${wanted} but got ${name} containing ${typeName(element)}`,
  );
}

/** The error for an operand that is not an allowed value. */
export function operandEnumError(position: number, ...expected: string[]): OperandError {
  return operandError(position, `must be ${oneOf(expected)}`);
}

/** The operand as text. */
export function stringOperand(value: Value | undefined, position: number): string {
  if (typeof value !== 'string') throw operandTypeError(position, value ?? null, 'string');
  return value;
}

/** The operand as a number of either kind. */
export function numberOperand(value: Value | undefined, position: number): Numeric {
  if (value === undefined || !isNumber(value)) throw operandTypeError(position, value ?? null, 'number');
  return value;
}

/** The operand as an integer of 64 bits. The result is a double, which is exact enough for an index or a count. */
export function intOperand(value: Value | undefined, position: number): number {
  const integer = int64Of(numberOperand(value, position));
  if (integer === undefined) {
    throw operandError(position, 'must be integer number but got floating-point number');
  }
  return Number(integer);
}

/** The operand as an integer of any size. */
export function bigIntOperand(value: Value | undefined, position: number): bigint {
  if (value === undefined || !isNumber(value)) throw operandTypeError(position, value ?? null, 'integer');
  const integer = asInteger(value);
  if (integer === undefined) {
    throw operandError(position, 'must be integer number but got floating-point number');
  }
  return integer;
}

/** The operand as an array. The elements may be values of the caller, so read them with {@link elementsOf}. */
export function arrayOperand(value: Value | undefined, position: number): readonly Value[] {
  if (value === undefined || !isArray(value)) throw operandTypeError(position, value ?? null, 'array');
  return value;
}

/** The operand as a set. */
export function setOperand(value: Value | undefined, position: number): RegoSet {
  if (value === undefined || !isSet(value)) throw operandTypeError(position, value ?? null, 'set');
  return value;
}

/** The operand as an object. */
export function objectOperand(value: Value | undefined, position: number): ObjectValue {
  if (value === undefined || !isObject(value)) throw operandTypeError(position, value ?? null, 'object');
  return value;
}

/** The elements of an array or a set in OPA's order, or undefined for any other value. */
export function elementsOf(value: Value | undefined): readonly Value[] | undefined {
  if (value === undefined) return undefined;
  if (isSet(value)) return itemsOf(value);
  return isArray(value) ? value.map((item) => fromCaller(item) ?? null) : undefined;
}

/** The texts of an array or a set. */
export function stringElements(value: Value | undefined, position: number): string[] {
  const elements = elementsOf(value);
  if (!elements || value === undefined) throw operandTypeError(position, value ?? null, 'array', 'set');
  return elements.map((element) => {
    if (typeof element !== 'string') throw elementTypeError(position, value, element, 'string');
    return element;
  });
}

/**
 * The number as OPA reads it as an integer of 64 bits. Undefined if the text has an exponent, or a fraction other
 * than zeros.
 */
export function int64Of(number: Numeric): bigint | undefined {
  if (Number.isSafeInteger(number)) return BigInt(number as number);
  const text = numberText(number);
  const digits = INT64_TEXT.exec(text)?.[1];
  if (digits === undefined || digits.length > LONGEST_INT64) return undefined;
  const integer = BigInt(text.replace(/\..*$/, ''));
  return integer >= MIN_INT64 && integer <= MAX_INT64 ? integer : undefined;
}

function oneOf(expected: readonly string[]): string {
  return expected.length === 1 ? expected.join() : `one of {${expected.join(', ')}}`;
}
