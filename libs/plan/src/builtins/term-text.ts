import type { Value } from '../values/index.js';
import { entriesOf, isArray, isNumber, isSet, itemsOf, numberText, spend } from '../values/index.js';
import { goQuote } from './go/quote.js';
import { elementsOf } from './operands.js';

/** A value in Rego syntax, as OPA prints it in `print`, `sprintf` and messages. */
export function termText(value: Value): string {
  spend(1);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return goQuote(value);
  if (isNumber(value)) return numberText(value);
  if (isArray(value)) return `[${(elementsOf(value) ?? []).map(termText).join(', ')}]`;
  if (isSet(value)) {
    const items = itemsOf(value);
    return items.length === 0 ? 'set()' : `{${items.map(termText).join(', ')}}`;
  }
  return `{${entriesOf(value)
    .map(([key, item]) => `${termText(key)}: ${termText(item)}`)
    .join(', ')}}`;
}
