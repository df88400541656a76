import type { Value } from '../values/index.js';
import { addToSet, contains, itemsOf, makeSet } from '../values/index.js';
import type { RegoSet } from '../values/index.js';
import { difference } from './arithmetic.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { setOperand } from './operands.js';

/** `&`, `|` and the functions of sets of sets. */
export const sets: Builtins = {
  and: (_context, left, right) => intersect(setOperand(left, 1), setOperand(right, 2)),
  or: (context, left, right) => unite(context, [setOperand(left, 1), setOperand(right, 2)]),
  set_diff: (_context, left, right) => difference(setOperand(left, 1), setOperand(right, 2)),
  intersection: (_context, operand) => intersection(operand),
  union: (context, operand) =>
    unite(
      context,
      itemsOf(setOperand(operand, 1)).map((item) => setOperand(item, 1)),
    ),
};

function intersect(left: RegoSet, right: RegoSet): RegoSet {
  return makeSet(itemsOf(left).filter((item) => contains(right, item)));
}

function intersection(operand: Value | undefined): RegoSet {
  const [first, ...others] = itemsOf(setOperand(operand, 1)).map((item) => setOperand(item, 1));
  return others.reduce(intersect, first ?? makeSet());
}

function unite(context: BuiltinContext, members: readonly RegoSet[]): RegoSet {
  const united = makeSet();
  for (const member of members) {
    context.checkDeadline();
    for (const item of member.items.values()) addToSet(united, item);
  }
  return united;
}
