import { bitLength, isWhole } from './big-float.js';
import type { BigFloat } from './big-float.js';

interface Digits {
  readonly digits: string;
  readonly point: number;
}

/** The shortest text that reads as the same float: digits for an integer, otherwise Go's format `g`. */
export function floatText(float: BigFloat): string {
  const sign = float.negative ? '-' : '';
  if (float.mantissa === 0n) return `${sign}0`;
  const { digits, point } = shortest(float);
  if (isWhole(float)) return sign + plain(digits, point);
  const exponent = point - 1;
  return sign + (exponent < -4 || exponent >= 6 ? scientific(digits, exponent) : plain(digits, point));
}

function plain(digits: string, point: number): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (digits.length <= point) return digits.padEnd(point, '0');
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function scientific(digits: string, exponent: number): string {
  const rest = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits.charAt(0)}${rest}e${exponent < 0 ? '-' : '+'}${power}`;
}

/**
 * Shortens the exact digits as far as the result still reads as the same float. As in Go, the digits of the bounds
 * are compared place by place.
 */
function shortest(float: BigFloat): Digits {
  const exact = digitsOf(float.mantissa, float.exponent);
  const shift = float.precision + 1 - bitLength(float.mantissa);
  const mantissa = float.mantissa << BigInt(shift);
  const lower = digitsOf(mantissa - 1n, float.exponent - shift);
  const upper = digitsOf(mantissa + 1n, float.exponent - shift);
  const isInclusive = (mantissa & 2n) === 0n;
  for (let place = 0; place < exact.digits.length; place++) {
    const digit = digitAt(exact, place);
    const above = digitAt(upper, place);
    const isLowerEnd = isInclusive && place + 1 === lower.digits.length;
    const mayCut = digitAt(lower, place) !== digit || isLowerEnd;
    const mayRaise = digit !== above && (isInclusive || digit + 1 < above || place + 1 < upper.digits.length);
    if (mayCut && mayRaise)
      return isNearerAbove(exact, place + 1) ? raised(exact, place + 1) : cut(exact, place + 1);
    if (mayCut) return cut(exact, place + 1);
    if (mayRaise) return raised(exact, place + 1);
  }
  return exact;
}

function digitsOf(mantissa: bigint, exponent: number): Digits {
  const all = (exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent)).toString();
  return { digits: trimmed(all), point: all.length + Math.min(exponent, 0) };
}

/** The character code of the digit at a place. After the last digit the code is that of '0'. */
const digitAt = ({ digits }: Digits, place: number) =>
  place < digits.length ? digits.charCodeAt(place) : 48;

const cut = ({ digits, point }: Digits, count: number): Digits => ({
  digits: trimmed(digits.slice(0, count)),
  point,
});

function raised({ digits, point }: Digits, count: number): Digits {
  if (count >= digits.length) return { digits, point };
  const more = (BigInt(digits.slice(0, count)) + 1n).toString();
  return { digits: trimmed(more), point: point + more.length - count };
}

function isNearerAbove({ digits }: Digits, count: number): boolean {
  if (count >= digits.length) return false;
  const isHalf = digits.charAt(count) === '5' && count + 1 === digits.length;
  if (isHalf) return count > 0 && (digits.charCodeAt(count - 1) & 1) === 1;
  return digits.charAt(count) >= '5';
}

function trimmed(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}
