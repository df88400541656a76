import { spend } from '../../values/index.js';
import { GoError } from './error.js';
import { formatFloat } from './float.js';
import { quoteTime } from './quote.js';
import { goQuote } from './quote.js';

const LIMIT = 1n << 63n;
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00b5s', 1_000n],
  ['\u03bcs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const EXTENDED_HOURS: Readonly<Record<string, number>> = { d: 24, w: 7 * 24, y: 365 * 24 };

/** The nanoseconds of a Go duration such as `1h30m`, with OPA's units `d`, `w` and `y`. */
export function parseDuration(text: string): bigint {
  if (!/[dwy]/.test(text)) {
    return parseGoDuration(text);
  }
  const invalid = `time: invalid duration ${goQuote(text)}`;
  const match = /^([+-]?)((?:[0-9.]+(?:ms|us|\u00b5s|ns|[a-z]))+)$/.exec(text);
  if (!match) {
    throw new GoError(invalid);
  }
  const rewritten = (match[2] ?? '').replace(
    /([0-9.]+)([^0-9.]+)/g,
    (segment, digits: string, unit: string) => {
      const hours = EXTENDED_HOURS[unit];
      if (hours === undefined) return segment;
      const count = Number(digits);
      if (!Number.isFinite(count)) throw new GoError(invalid);
      return formatFloat(count * hours, 'f', -1) + 'h';
    },
  );
  try {
    return parseGoDuration((match[1] ?? '') + rewritten);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    throw new GoError(`${message.replace(/ [^ ]*$/, '')} ${goQuote(text)}`, { cause: error });
  }
}

function parseGoDuration(text: string): bigint {
  const invalid = (): GoError => new GoError(`time: invalid duration ${quoteTime(text)}`);
  const isNegative = text.startsWith('-');
  const unsigned = text.replace(/^[+-]/, '');
  if (unsigned === '0') {
    return 0n;
  }
  if (unsigned === '') {
    throw invalid();
  }
  const segment = /(\d*)(?:(\.)(\d*))?([^.0-9]*)/y;
  let total = 0n;
  while (segment.lastIndex < unsigned.length) {
    const match = segment.exec(unsigned);
    const [, whole = '', point, fraction = '', unitName = ''] = match ?? [];
    if ((whole === '' && point === undefined) || (whole === '' && fraction === '')) {
      throw invalid();
    }
    if (unitName === '') {
      throw new GoError(`time: missing unit in duration ${quoteTime(text)}`);
    }
    const unit = UNITS.get(unitName);
    if (unit === undefined) {
      throw new GoError(`time: unknown unit ${quoteTime(unitName)} in duration ${quoteTime(text)}`);
    }
    spend(1);
    total += segmentNanoseconds(whole, fraction, unit, invalid);
    if (total > LIMIT) {
      throw invalid();
    }
  }
  if (!isNegative && total >= LIMIT) {
    throw invalid();
  }
  return isNegative ? -total : total;
}

function segmentNanoseconds(whole: string, fraction: string, unit: bigint, invalid: () => GoError): bigint {
  const count = BigInt(whole === '' ? '0' : whole);
  if (count > LIMIT / unit) {
    throw invalid();
  }
  let value = count * unit;
  const { numerator, scale } = leadingFraction(fraction);
  if (numerator > 0n) {
    // Go uses doubles here.
    value += BigInt(Math.trunc(Number(numerator) * (Number(unit) / scale)));
  }
  if (value > LIMIT) {
    throw invalid();
  }
  return value;
}

/** The digits of a fraction, as many as fit 63 bits. */
function leadingFraction(fraction: string): { readonly numerator: bigint; readonly scale: number } {
  let numerator = 0n;
  let scale = 1;
  for (const digit of fraction) {
    const next = numerator * 10n + BigInt(digit);
    if (numerator > (LIMIT - 1n) / 10n || next > LIMIT) {
      break;
    }
    numerator = next;
    scale *= 10;
  }
  return { numerator, scale };
}
