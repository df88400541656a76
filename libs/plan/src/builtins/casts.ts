import type { Value } from '../values/index.js';
import { isNumber, numberFromText } from '../values/index.js';
import type { Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { formatFloat } from './go/float.js';
import { goQuote } from './go/quote.js';
import { operandTypeError } from './operands.js';

// In these patterns no part may match what the next part matches. Otherwise a long text would take quadratic time.
const DECIMAL_TEXT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const HEX_TEXT = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?\d+)$/;

/** `to_number` */
export const casts: Builtins = {
  to_number: (_context, operand = null) => toNumber(operand),
};

function toNumber(operand: Value): Value {
  if (operand === null || typeof operand === 'boolean') return operand === true ? 1 : 0;
  if (isNumber(operand)) return operand;
  if (typeof operand !== 'string') {
    throw operandTypeError(1, operand, 'null', 'boolean', 'number', 'string');
  }
  if (/^[+-]*(?:inf|infinity|nan)$/i.test(operand)) throw operandTypeError(1, operand, 'valid number string');
  return numberFromString(operand);
}

/** Reads a text that Go's ParseFloat accepts. A form that JSON lacks, such as `+.5`, is rewritten as JSON. */
function numberFromString(text: string): Value {
  const digits = text.replace(/(\d)_(?=\d)/g, '$1');
  const parsing = `strconv.ParseFloat: parsing ${goQuote(text)}`;
  const hex = HEX_TEXT.exec(digits);
  const isHex = hex !== null && `${hex[2] ?? ''}${hex[3] ?? ''}` !== '';
  if (!isHex && !DECIMAL_TEXT.test(digits)) throw new BuiltinError(`${parsing}: invalid syntax`);
  const double = isHex ? hexFloat(hex) : Number(digits);
  if (!Number.isFinite(double)) throw new BuiltinError(`${parsing}: value out of range`);
  try {
    return numberFromText(isHex ? formatFloat(double, 'g', -1) : jsonNumber(digits));
  } catch (error) {
    throw new BuiltinError('number too big', { cause: error });
  }
}

function hexFloat([, sign, whole = '', fraction = '', exponent = '0']: RegExpExecArray): number {
  const mantissa = Number(BigInt(`0x${whole}${fraction}`));
  const size = mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -size : size;
}

function jsonNumber(text: string): string {
  return text
    .replace(/^\+/, '')
    .replace(/^(-?)0+(?=\d)/, '$1')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.(?=$|[eE])/, '');
}
