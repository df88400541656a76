import { numberFromInteger } from '../values/index.js';
import type { Value } from '../values/index.js';
import type { Builtin, BuiltinContext, Builtins } from './builtin.js';
import { bigIntOperand, operandError } from './operands.js';

const BITS_PER_DIGIT = 4n;

/** `bits.*`, on integers of any size. */
export const bits: Builtins = {
  'bits.and': binary((left, right) => left & right),
  'bits.or': binary((left, right) => left | right),
  'bits.xor': binary((left, right) => left ^ right),
  'bits.negate': (_context, operand) => numberFromInteger(~bigIntOperand(operand, 1)),
  'bits.lsh': binary((left, right, context) => shiftLeft(context, left, right)),
  'bits.rsh': binary((left, right) => shiftRight(left, right)),
};

function binary(operate: (left: bigint, right: bigint, context: BuiltinContext) => bigint): Builtin {
  return (context, left, right): Value =>
    numberFromInteger(operate(bigIntOperand(left, 1), bigIntOperand(right, 2), context));
}

function shiftLeft(context: BuiltinContext, integer: bigint, shift: bigint): bigint {
  const count = unsigned(shift);
  if (integer === 0n) return 0n;
  context.checkSize(Number(count / BITS_PER_DIGIT));
  return integer << count;
}

function shiftRight(integer: bigint, shift: bigint): bigint {
  const count = unsigned(shift);
  const size = BigInt(integer.toString(16).length) * BITS_PER_DIGIT;
  return count > size ? (integer < 0n ? -1n : 0n) : integer >> count;
}

function unsigned(shift: bigint): bigint {
  if (shift < 0n) throw operandError(2, 'must be an unsigned integer number but got a negative integer');
  return BigInt.asUintN(64, shift);
}
