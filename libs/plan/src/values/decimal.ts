/** A number as decimal digits: 0.DIGITS × 10^point. Neither end has zeros. Zero has no digits. */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly point: number;
}

/** OPA also takes `.5` and `5.`. */
const PARTS = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Reads the digits of a number's text. Returns undefined for a text that is not a number. */
export function parseDecimal(text: string): Decimal | undefined {
  const parts = PARTS.exec(text);
  if (!parts) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  const all = whole + fraction;
  let start = 0;
  while (start < all.length && all.charCodeAt(start) === 48) start++;
  let end = all.length;
  while (end > start && all.charCodeAt(end - 1) === 48) end--;
  const digits = all.slice(start, end);
  if (digits === '') return { negative: false, digits, point: 0 };
  return { negative: sign === '-', digits, point: whole.length - start + Number(exponent) };
}

/** The order of two numbers: negative, zero or positive. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const signs = signOf(a) - signOf(b);
  if (signs !== 0 || a.digits === '') return signs;
  const size = compareMagnitudes(a, b);
  return a.negative ? -size : size;
}

/** Converts an integer to a bigint. Returns undefined for a number with a fraction. */
export function integerOf({ negative, digits, point }: Decimal): bigint | undefined {
  if (point < digits.length) return digits === '' ? 0n : undefined;
  const magnitude = BigInt(digits) * 10n ** BigInt(point - digits.length);
  return negative ? -magnitude : magnitude;
}

const signOf = ({ negative, digits }: Decimal) => (digits === '' ? 0 : negative ? -1 : 1);

function compareMagnitudes(a: Decimal, b: Decimal): number {
  if (a.point !== b.point) return a.point - b.point;
  return a.digits === b.digits ? 0 : a.digits < b.digits ? -1 : 1;
}
