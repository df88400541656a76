import {
  addFloats,
  divideFloats,
  floatFromInteger,
  floatFromText,
  isWhole,
  multiplyFloats,
  negateFloat,
  truncateFloat,
} from './big-float.js';
import type { BigFloat } from './big-float.js';
import { floatText } from './float-text.js';
import { asInteger, numberFromInteger, numberFromText, numberText } from './rego-number.js';
import type { RegoNumber } from './rego-number.js';

type Numeric = number | RegoNumber;

/** An operation on numbers that has no result. The message is OPA's. */
export class ArithmeticError extends Error {
  override readonly name = 'ArithmeticError';
}

const HALF: BigFloat = { negative: false, mantissa: 1n, exponent: -1, precision: 53 };
const ONE: BigFloat = { negative: false, mantissa: 1n, exponent: 0, precision: 53 };

/** a + b */
export function add(a: Numeric, b: Numeric): Numeric {
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    const sum = (a as number) + (b as number);
    if (Number.isSafeInteger(sum)) return sum;
  }
  return exactly(a, b, (x, y) => x + y) ?? result(addFloats(toFloat(a), toFloat(b)));
}

/** a − b */
export function subtract(a: Numeric, b: Numeric): Numeric {
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    const difference = (a as number) - (b as number);
    if (Number.isSafeInteger(difference)) return difference;
  }
  return exactly(a, b, (x, y) => x - y) ?? result(addFloats(toFloat(a), negateFloat(toFloat(b))));
}

/** a × b */
export function multiply(a: Numeric, b: Numeric): Numeric {
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    const product = (a as number) * (b as number);
    if (Number.isSafeInteger(product)) return product === 0 ? 0 : product;
  }
  return exactly(a, b, (x, y) => x * y) ?? result(multiplyFloats(toFloat(a), toFloat(b)));
}

/** a ÷ b. Throws an ArithmeticError when b is zero. */
export function divide(a: Numeric, b: Numeric): Numeric {
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    const quotient = (a as number) / (b as number);
    if (a !== 0 && b !== 0 && (a as number) % (b as number) === 0) return quotient;
  }
  const divisor = toFloat(b);
  if (divisor.mantissa === 0n) throw new ArithmeticError('divide by zero');
  return result(divideFloats(toFloat(a), divisor));
}

/**
 * The remainder of a ÷ b, with the sign of a. Throws an ArithmeticError when b is zero or a number has a fraction.
 */
export function remainder(a: Numeric, b: Numeric): Numeric {
  const x = asInteger(a);
  const y = asInteger(b);
  if (x === undefined || y === undefined) throw new ArithmeticError('modulo on floating-point number');
  if (y === 0n) throw new ArithmeticError('modulo by zero');
  return numberFromInteger(x % y);
}

/** |a| */
export function abs(a: Numeric): Numeric {
  if (Number.isSafeInteger(a)) return Math.abs(a as number);
  return result({ ...toFloat(a), negative: false });
}

/** The nearest integer; a half is rounded away from zero. */
export function round(a: Numeric): Numeric {
  if (Number.isSafeInteger(a)) return a;
  const float = toFloat(a);
  return whole(truncateFloat(addFloats(float, float.negative ? negateFloat(HALF) : HALF)));
}

/** Rounds up as OPA does. A number between −1 and 0 becomes 1. */
export function ceil(a: Numeric): Numeric {
  if (Number.isSafeInteger(a)) return a;
  const float = toFloat(a);
  const truncated = truncateFloat(float);
  if (truncated < 0n || isWhole(float)) return whole(truncated);
  return result(addFloats(floatFromInteger(truncated), ONE));
}

/** Rounds down as OPA does. A number between −1 and 0 becomes 0. */
export function floor(a: Numeric): Numeric {
  if (Number.isSafeInteger(a)) return a;
  const float = toFloat(a);
  const truncated = truncateFloat(float);
  if (truncated >= 0n || isWhole(float)) return whole(truncated);
  return result(addFloats(floatFromInteger(truncated), negateFloat(ONE)));
}

function exactly(a: Numeric, b: Numeric, operate: (x: bigint, y: bigint) => bigint): Numeric | undefined {
  const x = asInteger(a);
  if (x === undefined) return undefined;
  const y = asInteger(b);
  return y === undefined ? undefined : numberFromInteger(operate(x, y));
}

const toFloat = (number: Numeric) => floatFromText(numberText(number));
const result = (float: BigFloat) => numberFromText(floatText(float));
const whole = (integer: bigint) => result(floatFromInteger(integer));
