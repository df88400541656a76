/** A binary float with a mantissa of up to `precision` bits: ±mantissa × 2^exponent, as Go's `big.Float`. */
export interface BigFloat {
  readonly negative: boolean;
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly precision: number;
}

/** The precision of the mantissa, in bits, when a number's text is read. */
const PRECISION = 64;
/** The largest power of five that an unsigned integer of 64 bits holds. */
const EXACT_FIVES = 27;
const TEXT = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Reads a number's text as Go does. Powers of five are rounded to 64 more bits than the result. */
export function floatFromText(text: string): BigFloat {
  const parts = TEXT.exec(text);
  if (!parts) throw new TypeError(`${JSON.stringify(text.slice(0, 40))} is not a number`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  const tens = Number(exponent) - fraction.length;
  const negative = sign === '-';
  const mantissa = BigInt(whole + fraction);
  if (mantissa === 0n) return { negative, mantissa, exponent: 0, precision: PRECISION };
  if (tens === 0) return round(negative, mantissa, 0, PRECISION);
  const scaled: BigFloat = { negative, mantissa, exponent: tens, precision: PRECISION };
  const fives = powerOfFive(Math.abs(tens), PRECISION + 64);
  return tens < 0 ? quotient(scaled, fives, PRECISION) : product(scaled, fives, PRECISION);
}

/** Converts an integer to a float without loss. */
export function floatFromInteger(integer: bigint): BigFloat {
  const mantissa = integer < 0n ? -integer : integer;
  return {
    negative: integer < 0n,
    mantissa,
    exponent: 0,
    precision: Math.max(bitLength(mantissa), PRECISION),
  };
}

/** a + b, rounded to the wider precision of the two. */
export function addFloats(a: BigFloat, b: BigFloat): BigFloat {
  const precision = Math.max(a.precision, b.precision);
  if (a.mantissa === 0n && b.mantissa === 0n) {
    return { negative: a.negative && b.negative, mantissa: 0n, exponent: 0, precision };
  }
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = signed(a, exponent) + signed(b, exponent);
  return round(sum < 0n, sum < 0n ? -sum : sum, exponent, precision);
}

/** −a */
export const negateFloat = (a: BigFloat): BigFloat => ({ ...a, negative: !a.negative });

/** a × b, rounded to the wider precision of the two. */
export const multiplyFloats = (a: BigFloat, b: BigFloat): BigFloat =>
  product(a, b, Math.max(a.precision, b.precision));

/** a ÷ b, rounded to the wider precision of the two. b is not zero. */
export const divideFloats = (a: BigFloat, b: BigFloat): BigFloat =>
  quotient(a, b, Math.max(a.precision, b.precision));

/** Cuts off the fraction. */
export function truncateFloat({ negative, mantissa, exponent }: BigFloat): bigint {
  const magnitude = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa >> BigInt(-exponent);
  return negative ? -magnitude : magnitude;
}

/** Whether a float has no fraction. */
export function isWhole({ mantissa, exponent }: BigFloat): boolean {
  if (exponent >= 0) return true;
  const shift = BigInt(-exponent);
  return (mantissa >> shift) << shift === mantissa;
}

/** The number of bits of a mantissa. */
export function bitLength(mantissa: bigint): number {
  if (mantissa === 0n) return 0;
  const hex = mantissa.toString(16);
  return hex.length * 4 - Math.clz32(Number.parseInt(hex.charAt(0), 16)) + 28;
}

function product(a: BigFloat, b: BigFloat, precision: number): BigFloat {
  return round(a.negative !== b.negative, a.mantissa * b.mantissa, a.exponent + b.exponent, precision);
}

function quotient(a: BigFloat, b: BigFloat, precision: number): BigFloat {
  const shift = Math.max(0, precision + 2 + bitLength(b.mantissa) - bitLength(a.mantissa));
  const dividend = a.mantissa << BigInt(shift);
  const whole = dividend / b.mantissa;
  const isExact = whole * b.mantissa === dividend;
  // One more bit stands for the remainder, so that rounding can tell a half from more than a half.
  const mantissa = (whole << 1n) | (isExact ? 0n : 1n);
  return round(a.negative !== b.negative, mantissa, a.exponent - b.exponent - shift - 1, precision);
}

/** Rounds to the nearest float. If two floats are equally near, the even one wins. */
function round(negative: boolean, mantissa: bigint, exponent: number, precision: number): BigFloat {
  const excess = bitLength(mantissa) - precision;
  if (excess <= 0) return { negative, mantissa, exponent, precision };
  const shift = BigInt(excess);
  const half = 1n << (shift - 1n);
  const shifted = mantissa >> shift;
  const rest = mantissa - (shifted << shift);
  const isUp = rest > half || (rest === half && (shifted & 1n) === 1n);
  return { negative, mantissa: isUp ? shifted + 1n : shifted, exponent: exponent + excess, precision };
}

function signed({ negative, mantissa, exponent }: BigFloat, base: number): bigint {
  const aligned = mantissa << BigInt(exponent - base);
  return negative ? -aligned : aligned;
}

function powerOfFive(power: number, precision: number): BigFloat {
  let result: BigFloat = {
    negative: false,
    mantissa: 5n ** BigInt(Math.min(power, EXACT_FIVES)),
    exponent: 0,
    precision,
  };
  let factor: BigFloat = { negative: false, mantissa: 5n, exponent: 0, precision: precision + 64 };
  for (let rest = power - EXACT_FIVES; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = product(result, factor, result.precision);
    factor = product(factor, factor, factor.precision);
  }
  return result;
}
