import type { Value } from '../values/index.js';
import { numberFromInteger, numberFromText } from '../values/index.js';
import { floatFromInteger, floatFromText, multiplyFloats, truncateFloat } from '../values/big-float.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { stringOperand } from './operands.js';

interface Amount {
  readonly digits: string;
  readonly unit: string;
}

/** A fraction of integers. */
interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const DECIMAL_EXPONENTS: Readonly<Record<string, bigint>> = { k: 3n, m: 6n, g: 9n, t: 12n, p: 15n, e: 18n };
const BINARY_EXPONENTS: Readonly<Record<string, bigint>> = { k: 10n, m: 20n, g: 30n, t: 40n, p: 50n, e: 60n };
/** The double that is nearest to 0.001, which OPA uses for milli-units. */
const MILLI: Ratio = { numerator: 1152921504606847n, denominator: 1152921504606846976n };
/** The digits after a point stand in a group with the point: otherwise a text that does not match takes quadratic time. */
const NUMBER = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d+))?$/i;
const FRACTION_DIGITS = 10n;

/** `units.*` */
export const units: Builtins = {
  'units.parse': (context, text) => parseUnits(context, stringOperand(text, 1)),
  'units.parse_bytes': (context, text) => parseBytes(context, stringOperand(text, 1)),
};

function parseUnits(context: BuiltinContext, text: string): Value {
  const fail = (problem: string): BuiltinError => new BuiltinError(`units.parse: ${problem}`);
  const { digits, unit } = splitAmount(text.replaceAll('"', ''), 'no amount provided', fail);
  const factor = unitFactor(unit.slice(0, 1) + unit.slice(1).toLowerCase());
  if (!factor) throw fail(`unit ${unit.slice(0, 1) + unit.slice(1).toLowerCase()} not recognized`);
  checkDigits(context, digits);
  const amount = parseRatio(digits);
  if (!amount) throw fail('could not parse amount to a number');
  const numerator = amount.numerator * factor.numerator;
  const denominator = amount.denominator * factor.denominator;
  if (numerator % denominator === 0n) return numberFromInteger(numerator / denominator);
  return numberFromText(fixed({ numerator, denominator }));
}

/** `m` is a thousandth, `M` a million. */
function unitFactor(unit: string): Ratio | undefined {
  if (unit === '') return { numerator: 1n, denominator: 1n };
  if (unit === 'm') return MILLI;
  const size = sizeOf(unit.toLowerCase(), /^(.)(i?)$/);
  return size === undefined ? undefined : { numerator: size, denominator: 1n };
}

function parseBytes(context: BuiltinContext, text: string): Value {
  const fail = (problem: string): BuiltinError => new BuiltinError(`units.parse_bytes: ${problem}`);
  const lower = text.toLowerCase().replaceAll('"', '');
  const { digits, unit } = splitAmount(lower, 'no byte amount provided', fail);
  const size = unit === '' ? 1n : sizeOf(unit, /^(.)(i?)b?$/);
  if (size === undefined) throw fail(`byte unit ${unit} not recognized`);
  if (!NUMBER.test(digits)) throw fail('could not parse byte amount to a number');
  checkDigits(context, digits);
  const amount = floatFromText(normal(digits));
  return numberFromInteger(truncateFloat(multiplyFloats(amount, floatFromInteger(size))));
}

function sizeOf(unit: string, pattern: RegExp): bigint | undefined {
  const [, letter = '', binary] = pattern.exec(unit) ?? [];
  const exponents = binary === 'i' ? BINARY_EXPONENTS : DECIMAL_EXPONENTS;
  const exponent = Object.hasOwn(exponents, letter) ? exponents[letter] : undefined;
  if (exponent === undefined) return undefined;
  return binary === 'i' ? 2n ** exponent : 10n ** exponent;
}

/** Splits a number from the unit after it. An `e` belongs to the number when an exponent follows. */
function splitAmount(text: string, none: string, fail: (problem: string) => BuiltinError): Amount {
  if (text.includes(' ')) throw fail('spaces not allowed in resource strings');
  let end = 0;
  for (; end < text.length; end++) {
    const char = text.charAt(end);
    if (/[0-9.+-]/.test(char)) continue;
    const exponent = /^e([+-]?)([0-9]*)/i.exec(text.slice(end));
    if (!exponent || (exponent[1] === '' && exponent[2] === '')) break;
    if ((exponent[2] ?? '').length > 6) throw fail('exponent too large');
    end += exponent[1] === '' ? 0 : 1;
  }
  if (end === 0) throw fail(none);
  return { digits: text.slice(0, end), unit: text.slice(end) };
}

/** The size of one digit, in characters of `maxSize`. The default allows 262,144 digits. */
const SIZE_OF_DIGIT = 64;

/** Limits the digits of a number without its exponent, because arithmetic with them does not check the clock. */
function checkDigits(context: BuiltinContext, text: string): void {
  const exponent = NUMBER.exec(text)?.[3] ?? '0';
  context.checkSize((text.length + Math.abs(Number(exponent))) * SIZE_OF_DIGIT);
}

function parseRatio(text: string): Ratio | undefined {
  const match = NUMBER.exec(text);
  if (!match) return undefined;
  const [whole = '', fraction = ''] = (match[2] ?? '').split('.');
  const exponent = BigInt(match[3] ?? '0') - BigInt(fraction.length);
  const magnitude = BigInt(whole + fraction);
  const numerator = match[1] === '-' ? -magnitude : magnitude;
  return exponent >= 0n
    ? { numerator: numerator * 10n ** exponent, denominator: 1n }
    : { numerator, denominator: 10n ** -exponent };
}

/** Writes ten digits after the point. A half is rounded away from zero. */
function fixed({ numerator, denominator }: Ratio): string {
  const scale = 10n ** FRACTION_DIGITS;
  const magnitude = numerator < 0n ? -numerator : numerator;
  const scaled = (magnitude * scale * 2n + denominator) / (denominator * 2n);
  const digits = scaled.toString().padStart(Number(FRACTION_DIGITS) + 1, '0');
  const point = digits.length - Number(FRACTION_DIGITS);
  return `${numerator < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function normal(digits: string): string {
  return digits.replace(/^([+-]?)\./, '$10.').replace(/\.(?=$|e)/, '');
}
