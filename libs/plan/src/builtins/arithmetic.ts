import type { Value } from '../values/index.js';
import {
  abs,
  add,
  ArithmeticError,
  ceil,
  contains,
  divide,
  floor,
  isNumber,
  isSet,
  itemsOf,
  makeSet,
  multiply,
  remainder,
  round,
  subtract,
} from '../values/index.js';
import type { RegoSet } from '../values/index.js';
import type { Builtin, Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import type { Numeric } from './operands.js';
import { numberOperand, operandTypeError } from './operands.js';

/** `+`, `-`, `*`, `/`, `%` and the functions of one number. */
export const arithmetic: Builtins = {
  plus: binary(add),
  minus: (_context, left = null, right = null) => minus(left, right),
  mul: binary(multiply),
  div: binary(divide),
  rem: binary(remainder),
  abs: unary(abs),
  ceil: unary(ceil),
  floor: unary(floor),
  round: unary(round),
};

/** The elements of the left set that are not in the right set. */
export function difference(left: RegoSet, right: RegoSet): RegoSet {
  return makeSet(itemsOf(left).filter((item) => !contains(right, item)));
}

function unary(operation: (number: Numeric) => Numeric): Builtin {
  return (_context, operand) => operation(numberOperand(operand, 1));
}

function binary(operation: (left: Numeric, right: Numeric) => Numeric): Builtin {
  return (_context, left, right) => calculate(operation, numberOperand(left, 1), numberOperand(right, 2));
}

function calculate(
  operation: (left: Numeric, right: Numeric) => Numeric,
  left: Numeric,
  right: Numeric,
): Numeric {
  try {
    return operation(left, right);
  } catch (error) {
    throw error instanceof ArithmeticError ? new BuiltinError(error.message, { cause: error }) : error;
  }
}

/** `-` subtracts numbers and sets. */
function minus(left: Value, right: Value): Value {
  if (isNumber(left) && isNumber(right)) return calculate(subtract, left, right);
  if (isSet(left) && isSet(right)) return difference(left, right);
  if (!isNumber(left) && !isSet(left)) throw operandTypeError(1, left, 'number', 'set');
  throw operandTypeError(2, right, isNumber(right) ? 'set' : 'number');
}
