import type { Value } from '../values/index.js';
import {
  asInteger,
  compare,
  contains,
  entriesOf,
  equals,
  get,
  isArray,
  isNumber,
  isObject,
  isSet,
  numberFromInteger,
  numberFromText,
  numberText,
  sizeOf,
} from '../values/index.js';
import { addFloats, floatFromInteger, floatFromText, multiplyFloats } from '../values/big-float.js';
import { floatText } from '../values/float-text.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { runeCount } from './go/bytes.js';
import type { Numeric } from './operands.js';
import { elementsOf, elementTypeError, operandTypeError } from './operands.js';

const PRODUCT_PRECISION = 53;

/** Functions of all elements of an array or a set, and `in`. */
export const aggregates: Builtins = {
  count: (_context, operand = null) => count(operand),
  sum: (context, operand = null) => sum(context, operand),
  product: (context, operand = null) => product(context, operand),
  max: (_context, operand = null) => collection(operand, 'set', 'array').reduce(...largest),
  min: (_context, operand = null) => collection(operand, 'set', 'array').reduce(...smallest),
  sort: (_context, operand = null) => collection(operand, 'set', 'array').toSorted(compare),
  all: (_context, operand = null) => collection(operand, 'array', 'set').every((item) => item === true),
  any: (_context, operand = null) => collection(operand, 'array', 'set').some((item) => item === true),
  'internal.member_2': (_context, item = null, operand = null) => isMember(item, operand),
  'internal.member_3': (_context, key = null, item = null, operand = null) => isEntry(key, item, operand),
};

type Choice = [choose: (best: Value | undefined, item: Value) => Value, start: Value | undefined];
/** If elements are equal, the later one wins. */
const largest: Choice = [
  (best, item) => (best === undefined || compare(best, item) <= 0 ? item : best),
  undefined,
];
const smallest: Choice = [
  (best, item) => (best === undefined || compare(best, item) >= 0 ? item : best),
  undefined,
];

function collection(operand: Value, ...expected: string[]): readonly Value[] {
  const elements = elementsOf(operand);
  if (!elements) throw operandTypeError(1, operand, ...expected);
  return elements;
}

function count(operand: Value): number {
  if (typeof operand === 'string') return runeCount(operand);
  if (isArray(operand) || isSet(operand) || isObject(operand)) return sizeOf(operand);
  throw operandTypeError(1, operand, 'array', 'object', 'set', 'string');
}

function sum(context: BuiltinContext, operand: Value): Value {
  const elements = collection(operand, 'set', 'array');
  const exact = integersOf(elements)?.reduce((left, right) => left + right, 0n);
  if (exact !== undefined) return numberFromInteger(exact);
  // OPA rounds the total once for each element. A total that becomes an integer stays a float.
  let total = floatFromInteger(0n);
  for (const element of elements) {
    context.checkDeadline();
    total = addFloats(total, floatFromText(numberText(numberElement(operand, element))));
  }
  return numberFromText(floatText(total));
}

/** The product of integers is exact. As in OPA, one number with a fraction makes the product a float of 53 bits. */
function product(context: BuiltinContext, operand: Value): Value {
  const elements = collection(operand, 'set', 'array');
  const integers = integersOf(elements);
  if (integers) {
    let total = 1n;
    for (const integer of integers) {
      context.checkDeadline();
      total *= integer;
    }
    return numberFromInteger(total);
  }
  let total = { ...floatFromInteger(1n), precision: PRODUCT_PRECISION };
  for (const element of elements) {
    context.checkDeadline();
    const factor = floatFromText(numberText(numberElement(operand, element)));
    total = multiplyFloats(total, { ...factor, precision: PRODUCT_PRECISION });
  }
  return numberFromText(floatText(total));
}

function integersOf(elements: readonly Value[]): bigint[] | undefined {
  const integers: bigint[] = [];
  for (const element of elements) {
    const integer = isNumber(element) ? asInteger(element) : undefined;
    if (integer === undefined) return undefined;
    integers.push(integer);
  }
  return integers;
}

function numberElement(operand: Value, element: Value): Numeric {
  if (!isNumber(element)) throw elementTypeError(1, operand, element, 'number');
  return element;
}

function isMember(item: Value, operand: Value): boolean {
  if (isSet(operand)) return contains(operand, item);
  if (isArray(operand)) return elementsOf(operand)?.some((element) => equals(element, item)) === true;
  return isObject(operand) && entriesOf(operand).some(([, value]) => equals(value, item));
}

function isEntry(key: Value, item: Value, operand: Value): boolean {
  if (isSet(operand)) return contains(operand, key) && equals(key, item);
  const value = get(operand, key);
  return value !== undefined && equals(value, item);
}
