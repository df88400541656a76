import type { Value } from '../values/index.js';
import { numberFromInteger } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { bigIntOperand, intOperand, stringOperand } from './operands.js';

/** `numbers.range`, `numbers.range_step` and `rand.intn` */
export const numbers: Builtins = {
  'numbers.range': (context, first, last) =>
    range(context, bigIntOperand(first, 1), bigIntOperand(last, 2), 1n),
  'numbers.range_step': (context, first, last, step) => {
    const from = bigIntOperand(first, 1);
    const to = bigIntOperand(last, 2);
    const distance = bigIntOperand(step, 3);
    if (distance <= 0n) throw new BuiltinError('numbers.range_step: step must be a positive integer');
    return range(context, from, to, distance);
  },
  'rand.intn': (context, name, limit) => randomInteger(context, stringOperand(name, 1), intOperand(limit, 2)),
};

function range(context: BuiltinContext, first: bigint, last: bigint, step: bigint): Value {
  const distance = first <= last ? step : -step;
  const count = (last - first) / distance + 1n;
  context.checkSize(Number(count));
  const items: Value[] = [];
  for (let index = 0n, item = first; index < count; index++, item += distance) {
    context.checkDeadline();
    items.push(numberFromInteger(item));
  }
  return items;
}

/** A random integer. Within one evaluation the same name and limit give the same number. */
function randomInteger(context: BuiltinContext, name: string, limit: number): number {
  const size = Math.abs(limit);
  if (size === 0) return 0;
  const key = `rand.intn ${size} ${name}`;
  const earlier = context.cache.get(key);
  if (typeof earlier === 'number') return earlier;
  const number = Math.floor(context.random() * size);
  context.cache.set(key, number);
  return number;
}
