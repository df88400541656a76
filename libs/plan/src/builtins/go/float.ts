/** The letters of Go's `strconv.FormatFloat`. */
export type FloatFormat = 'e' | 'E' | 'f' | 'g' | 'G' | 'x' | 'X' | 'b';

interface Decimal {
  /** The significant digits, without zeros at either end. */
  readonly digits: string;
  /** The number of digits before the decimal point (negative for zeros behind it). */
  readonly point: number;
}

/**
 * A double as Go's `strconv.FormatFloat(value, format, precision, 64)` writes it.
 * A precision of -1 asks for the fewest digits that read as the same double.
 */
export function formatFloat(value: number, format: FloatFormat, precision: number): string {
  if (Number.isNaN(value)) {
    return 'NaN';
  }
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) {
    return sign === '' ? '+Inf' : '-Inf';
  }
  if (format === 'b') {
    return sign + formatBinary(magnitude);
  }
  if (format === 'x' || format === 'X') {
    const text = formatHex(magnitude, precision);
    return sign + (format === 'X' ? text.toUpperCase() : text);
  }
  return sign + formatDecimal(magnitude, format, precision);
}

function formatDecimal(value: number, format: 'e' | 'E' | 'f' | 'g' | 'G', precision: number): string {
  if (precision < 0) {
    const shortest = shortestDecimal(value);
    const digits = shortest.digits.length;
    switch (format) {
      case 'f':
        return fixed(shortest, Math.max(digits - shortest.point, 0));
      case 'g':
      case 'G':
        return general(shortest, digits, 6, format);
      default:
        return exponential(shortest, Math.max(digits - 1, 0), format);
    }
  }
  const exact = exactDecimal(value);
  if (format === 'f') {
    return fixed(round(exact, exact.point + precision), precision);
  }
  if (format === 'e' || format === 'E') {
    return exponential(round(exact, precision + 1), precision, format);
  }
  const wanted = precision === 0 ? 1 : precision;
  const rounded = round(exact, wanted);
  const count = rounded.digits.length;
  const threshold = wanted > count && count >= rounded.point ? count : wanted;
  return general(rounded, count, threshold, format);
}

function general(decimal: Decimal, digits: number, threshold: number, format: 'g' | 'G'): string {
  const exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= threshold) {
    return exponential(decimal, Math.max(digits - 1, 0), format === 'g' ? 'e' : 'E');
  }
  return fixed(decimal, Math.max(digits - decimal.point, 0));
}

function fixed({ digits, point }: Decimal, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (precision === 0) {
    return whole;
  }
  const zeros = '0'.repeat(Math.min(Math.max(-point, 0), precision));
  const fraction = zeros + digits.slice(Math.max(point, 0));
  return `${whole}.${fraction.slice(0, precision).padEnd(precision, '0')}`;
}

function exponential({ digits, point }: Decimal, precision: number, letter: 'e' | 'E'): string {
  const first = digits.slice(0, 1) || '0';
  const rest = digits.slice(1, precision + 1).padEnd(precision, '0');
  const exponent = digits === '' ? 0 : point - 1;
  const sign = exponent < 0 ? '-' : '+';
  const size = Math.abs(exponent).toString().padStart(2, '0');
  return `${first}${rest === '' ? '' : '.' + rest}${letter}${sign}${size}`;
}

function shortestDecimal(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return trim(mantissa.replace('.', ''), Number(exponent) + 1);
}

function exactDecimal(value: number): Decimal {
  const { mantissa, exponent } = parts(value);
  if (exponent >= 0) {
    const text = (mantissa << BigInt(exponent)).toString();
    return trim(text, text.length);
  }
  const text = (mantissa * 5n ** BigInt(-exponent)).toString();
  return trim(text, text.length + exponent);
}

function trim(digits: string, point: number): Decimal {
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? { digits: '', point: 0 } : { digits: trimmed, point };
}

/** Rounds to a number of digits, half to even. */
function round(decimal: Decimal, count: number): Decimal {
  const { digits, point } = decimal;
  if (count >= digits.length) {
    return decimal;
  }
  if (count < 0) {
    return { digits: '', point: 0 };
  }
  const head = digits.slice(0, count);
  const next = digits.charCodeAt(count) - 48;
  const isTie = next === 5 && count + 1 === digits.length;
  const lastIsOdd = count > 0 && (digits.charCodeAt(count - 1) - 48) % 2 === 1;
  if (isTie ? !lastIsOdd : next < 5) {
    return trim(head, point);
  }
  const raised = (BigInt(head === '' ? '0' : head) + 1n).toString().padStart(count, '0');
  return trim(raised, point + raised.length - count);
}

/** The integers of `mantissa * 2 ** exponent`. */
function parts(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 };
}

function formatBinary(value: number): string {
  const { mantissa, exponent } = parts(value);
  return `${mantissa.toString()}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

function formatHex(value: number, precision: number): string {
  let { mantissa, exponent } = parts(value);
  exponent = value === 0 ? 0 : exponent + 52;
  while (mantissa !== 0n && mantissa < 0x10000000000000n) {
    mantissa <<= 1n;
    exponent--;
  }
  if (precision >= 0 && precision < 13) {
    const drop = BigInt((13 - precision) * 4);
    const rest = mantissa & ((1n << drop) - 1n);
    const half = 1n << (drop - 1n);
    mantissa >>= drop;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) {
      mantissa += 1n;
    }
    mantissa <<= drop;
    if (mantissa >= 0x20000000000000n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const whole = mantissa >> 52n;
  let fraction = (mantissa & 0xfffffffffffffn).toString(16).padStart(13, '0');
  fraction =
    precision < 0 ? fraction.replace(/0+$/, '') : fraction.slice(0, precision).padEnd(precision, '0');
  const size = Math.abs(exponent).toString().padStart(2, '0');
  return `0x${whole.toString()}${fraction === '' ? '' : '.' + fraction}p${exponent < 0 ? '-' : '+'}${size}`;
}
