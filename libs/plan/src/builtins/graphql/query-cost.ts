import type { BuiltinContext } from '../builtin.js';
import type { GqlQuery, GqlSelection } from './ast.js';

/** The size of one pair of fields, in characters of `maxSize`. The default allows 4,194,304 pairs. */
const SIZE_OF_PAIR = 4;

/**
 * Checks how many pairs of fields the validation compares. The rule `OverlappingFieldsCanBeMerged` of the package
 * `graphql` compares all pairs of fields with the same response name, and all pairs of fragments.
 *
 * @throws PlanError `LIMIT_EXCEEDED` for too many pairs: the rule looks at no clock
 */
export function checkFieldPairs(context: BuiltinContext, query: GqlQuery): void {
  const counts = new Map<string, number>();
  const waiting: (readonly GqlSelection[])[] = [...query.Operations, ...query.Fragments].map(
    ({ SelectionSet }) => SelectionSet,
  );
  for (let selections = waiting.pop(); selections; selections = waiting.pop()) {
    for (const selection of selections) {
      context.checkDeadline();
      const name = responseName(selection);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if ('SelectionSet' in selection) waiting.push(selection.SelectionSet);
    }
  }
  let pairs = 0;
  for (const count of counts.values()) pairs += (count * count) / 2;
  context.checkSize(Math.ceil(pairs) * SIZE_OF_PAIR);
}

/** The response name of a selection. All fragments share one name. */
const responseName = (selection: GqlSelection) => ('Alias' in selection ? selection.Alias : '...');
