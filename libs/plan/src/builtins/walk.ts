import type { Value } from '../values/index.js';
import { entriesOf, isArray, isObject, isSet, itemsOf } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { elementsOf } from './operands.js';

/** `walk`: each inner value with its path, in OPA's order. As a function `walk` returns them as an array. */
export const walk: Builtins = {
  walk: (context, operand = null) => {
    const pairs: Value[] = [];
    visit(context, [], operand, pairs);
    return pairs;
  },
};

function visit(context: BuiltinContext, path: readonly Value[], value: Value, pairs: Value[]): void {
  context.checkDeadline();
  context.checkSize(pairs.length);
  pairs.push([path, value]);
  for (const [key, item] of childrenOf(value)) visit(context, [...path, key], item, pairs);
}

function childrenOf(value: Value): readonly (readonly [Value, Value])[] {
  if (isArray(value)) return (elementsOf(value) ?? []).map((item, index) => [index, item]);
  if (isSet(value)) return itemsOf(value).map((item) => [item, item]);
  return isObject(value) ? entriesOf(value) : [];
}
