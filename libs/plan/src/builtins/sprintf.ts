import type { Value } from '../values/index.js';
import { asInteger, isNumber, numberText } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import type { PrintfArgument } from './go/printf.js';
import { goSprintf } from './go/printf.js';
import { arrayOperand, elementsOf, int64Of, stringOperand } from './operands.js';
import { termText } from './term-text.js';

/** `sprintf` */
export const sprintf: Builtins = {
  sprintf: (context, format, values) =>
    formatValues(context, stringOperand(format, 1), arrayOperand(values, 2)),
};

function formatValues(context: BuiltinContext, format: string, values: readonly Value[]): string {
  let length = 0;
  const onLength = (more: number): void => {
    length += more;
    context.checkDeadline();
    context.checkSize(length);
  };
  return goSprintf(format, (elementsOf(values) ?? []).map(toArgument), { onLength });
}

/** The Go argument that OPA passes for a value. */
function toArgument(value: Value): PrintfArgument {
  if (typeof value === 'string') return { type: 'string', value };
  if (!isNumber(value)) return { type: 'string', value: termText(value) };
  const text = numberText(value);
  if (/[.eE]/.test(text)) {
    const double = Number(text);
    return Number.isFinite(double) ? { type: 'float64', value: double } : { type: 'string', value: text };
  }
  const small = int64Of(value);
  if (small !== undefined) return { type: 'int64', value: small };
  const integer = asInteger(value);
  return integer === undefined ? { type: 'string', value: text } : { type: '*big.Int', value: integer };
}
