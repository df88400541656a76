import { compareDecimals, integerOf, parseDecimal } from './decimal.js';
import type { Decimal } from './decimal.js';

/** The largest binary exponent of a number that OPA accepts. */
const MAX_EXPONENT = 100_000;

/**
 * A number that JavaScript would write differently than OPA: `2.0`, `1e400`, an integer of 23 digits.
 *
 * @example
 * ```ts
 * import { RegoNumber } from 'opa-plan';
 *
 * new RegoNumber('1e400').text; // '1e400'
 * ```
 */
export class RegoNumber {
  #decimal: Decimal | undefined;

  /** Use `numberFromText` instead: it returns a JavaScript number when that is exact. */
  constructor(
    /** The text of the number. */
    readonly text: string,
  ) {}

  /** @internal The digits of the number. */
  get decimal(): Decimal {
    return (this.#decimal ??= decimalOf(this.text));
  }
}

/**
 * Converts a number's text to a value. Throws a RangeError for a text that is not a number, and for a number too
 * large for OPA.
 *
 * @example
 * ```ts
 * import { numberFromText } from 'opa-plan';
 *
 * numberFromText('12'); // 12
 * numberFromText('2.0'); // a RegoNumber that keeps the text
 * ```
 */
export function numberFromText(text: string): number | RegoNumber {
  const double = Number(text);
  if (String(double) === text) return double;
  const decimal = decimalOf(text);
  const bits = decimal.point * Math.log2(10);
  if (Math.abs(bits) > MAX_EXPONENT + 4 && /[eE]/.test(text)) {
    throw new RangeError(`The number ${text.slice(0, 40)} is too big`);
  }
  return new RegoNumber(text);
}

/**
 * Converts a bigint to a value.
 *
 * @example
 * ```ts
 * import { numberFromInteger } from 'opa-plan';
 *
 * numberFromInteger(12n); // 12
 * ```
 */
export function numberFromInteger(integer: bigint): number | RegoNumber {
  const isSafe = integer <= BigInt(Number.MAX_SAFE_INTEGER) && integer >= BigInt(Number.MIN_SAFE_INTEGER);
  return isSafe ? Number(integer) : new RegoNumber(integer.toString());
}

/**
 * The text of a number, as OPA writes it.
 *
 * @example
 * ```ts
 * import { numberFromText, numberText } from 'opa-plan';
 *
 * numberText(numberFromText('2.0')); // '2.0'
 * ```
 */
export function numberText(number: number | RegoNumber): string {
  return typeof number === 'number' ? String(number) : number.text;
}

/** The digits of a number. */
export function decimalOfNumber(number: number | RegoNumber): Decimal {
  return typeof number === 'number' ? decimalOf(String(number)) : number.decimal;
}

/**
 * Converts a number to an integer. Returns undefined when the number has a fraction. `2.0` and `1e3` are integers.
 *
 * @example
 * ```ts
 * import { asInteger, numberFromText } from 'opa-plan';
 *
 * asInteger(numberFromText('1e3')); // 1000n
 * asInteger(1.5); // undefined
 * ```
 */
export function asInteger(number: number | RegoNumber): bigint | undefined {
  if (Number.isSafeInteger(number)) return BigInt(number as number);
  return integerOf(decimalOfNumber(number));
}

/**
 * The order of two numbers: negative, zero or positive. `1` and `1.0` are equal.
 *
 * @example
 * ```ts
 * import { compareNumbers, numberFromText } from 'opa-plan';
 *
 * compareNumbers(1, numberFromText('1.0')); // 0
 * ```
 */
export function compareNumbers(a: number | RegoNumber, b: number | RegoNumber): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  return compareDecimals(decimalOfNumber(a), decimalOfNumber(b));
}

function decimalOf(text: string): Decimal {
  const decimal = parseDecimal(text);
  if (!decimal) throw new RangeError(`${JSON.stringify(text.slice(0, 40))} is not a number`);
  return decimal;
}
