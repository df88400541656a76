import type { Value } from '../values/index.js';
import { isArray } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { arrayOperand, intOperand } from './operands.js';

/** `array.*` */
export const arrays: Builtins = {
  'array.concat': (context, left, right) => concat(context, arrayOperand(left, 1), arrayOperand(right, 2)),
  'array.flatten': (_context, operand) => flatten(arrayOperand(operand, 1)),
  'array.reverse': (_context, operand) => arrayOperand(operand, 1).toReversed(),
  'array.slice': (_context, operand, start, stop) =>
    slice(arrayOperand(operand, 1), intOperand(start, 2), intOperand(stop, 3)),
};

function concat(context: BuiltinContext, left: readonly Value[], right: readonly Value[]): readonly Value[] {
  context.checkSize(left.length + right.length);
  return [...left, ...right];
}

/** Flattens one level of nested arrays. */
function flatten(array: readonly Value[]): Value[] {
  return array.flatMap((item) => (isArray(item) ? [...item] : [item]));
}

function slice(array: readonly Value[], start: number, stop: number): readonly Value[] {
  const end = Math.min(Math.max(stop, 0), array.length);
  return array.slice(Math.min(Math.max(start, 0), end), end);
}
