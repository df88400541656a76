import type { Value } from '../values/index.js';
import { isSet, itemsOf, typeName } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { arrayOperand, elementsOf, stringOperand } from './operands.js';
import { termText } from './term-text.js';

/**
 * The builtins that OPA's compiler generates for `print`, template strings and test cases; and `trace` and
 * `opa.runtime`.
 */
export const internal: Builtins = {
  'internal.print': (context, operands) => {
    for (const line of combinations(context, arrayOperand(operands, 1))) context.print(line.join(' '));
    return true;
  },
  'internal.template_string': (context, operands) => templateString(context, arrayOperand(operands, 1)),
  'internal.test_case': () => true,
  trace: (_context, note) => {
    stringOperand(note, 1);
    return true;
  },
  print: () => true,
  'opa.runtime': (context) => context.runtime,
  'rego.metadata.chain': outsideOfRule('rego.metadata.chain'),
  'rego.metadata.rule': outsideOfRule('rego.metadata.rule'),
};

/**
 * Makes one line for each combination of operands. An operand is a scalar, or a set of the values of an expression.
 */
function combinations(context: BuiltinContext, operands: readonly Value[]): string[][] {
  let lines: string[][] = [[]];
  for (const operand of elementsOf(operands) ?? []) {
    const texts = textsOf(operand);
    context.checkSize(lines.length * texts.length);
    context.checkDeadline();
    lines = lines.flatMap((line) => texts.map((text) => [...line, text]));
  }
  return lines;
}

function textsOf(operand: Value): string[] {
  if (operand === null || typeof operand !== 'object') return [textOfItem(operand)];
  if (!isSet(operand)) {
    const name = typeName(operand);
    if (name === 'number') return [textOfItem(operand)];
    throw new BuiltinError(`illegal argument type: ${name}`);
  }
  const items = itemsOf(operand);
  return items.length === 0 ? ['<undefined>'] : items.map(textOfItem);
}

function textOfItem(item: Value): string {
  return typeof item === 'string' ? item : termText(item);
}

function templateString(context: BuiltinContext, operands: readonly Value[]): string {
  const [first = [], ...others] = combinations(context, operands);
  if (others.length > 0) throw new BuiltinError('template-strings must not produce multiple outputs');
  return first.join('');
}

function outsideOfRule(name: string): () => never {
  return () => {
    throw new BuiltinError(`the ${name} function must only be called within the scope of a rule`);
  };
}
