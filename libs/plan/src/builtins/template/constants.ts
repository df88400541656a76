import { GoError } from '../go/error.js';
import { GoFloat, GoInteger } from './data.js';
import { unquote } from './unquote.js';

const LARGEST = 2n ** 63n - 1n;
const SMALLEST = -(2n ** 63n);
const INTEGER = /^([+-]?)(0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9]\d*|0)$/;
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const HEXADECIMAL = /^([+-]?)0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([+-]?\d+)$/;
const MISPLACED = /__|_$|_\D|[^\dxXoObBa-fA-F]_|^_/;

/** The number that a constant of a template stands for. */
export function readNumber(text: string): GoInteger | GoFloat {
  const problem = new GoError(`bad number syntax: "${text}"`);
  const plain = text.replaceAll('_', '');
  if (plain !== text && MISPLACED.test(text)) throw problem;
  const integer = INTEGER.exec(plain);
  if (integer) return readInteger(integer, text);
  const hexadecimal = HEXADECIMAL.exec(plain);
  if (!hexadecimal && !DECIMAL.test(plain)) throw problem;
  if (!/[.eEpP]/.test(plain)) throw new GoError(`integer overflow: "${text}"`);
  const value = hexadecimal ? readHexadecimal(hexadecimal) : Number(plain);
  if (!Number.isFinite(value)) throw problem;
  return new GoFloat(value);
}

/** The number of the character in single quotes. */
export function readRune(text: string): GoInteger {
  return new GoInteger(BigInt(unquote(text).codePointAt(0) ?? 0));
}

function readInteger([, sign, digits = '0']: RegExpExecArray, text: string): GoInteger {
  const isOctal = /^0\d/.test(digits);
  const magnitude = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  const value = sign === '-' ? -magnitude : magnitude;
  if (value < SMALLEST || value > LARGEST) throw new GoError(`${text} overflows int`);
  return new GoInteger(value);
}

function readHexadecimal([, sign, whole = '', fraction = '', exponent = '0']: RegExpExecArray): number {
  const mantissa = Number(`0x0${whole}${fraction}`);
  const value = mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}
