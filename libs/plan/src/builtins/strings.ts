import type { Value } from '../values/index.js';
import { asInteger, isArray, isSet, numberText } from '../values/index.js';
import { floatFromText, truncateFloat } from '../values/big-float.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { runeCount } from './go/bytes.js';
import {
  elementsOf,
  elementTypeError,
  intOperand,
  numberOperand,
  operandEnumError,
  operandTypeError,
  stringElements,
  stringOperand,
} from './operands.js';

/** Functions that search strings, join them or make them from numbers. */
export const strings: Builtins = {
  concat: (context, separator, parts = null) => concat(context, stringOperand(separator, 1), parts),
  contains: (_context, text, part) => stringOperand(text, 1).includes(stringOperand(part, 2)),
  startswith: (_context, text, part) => stringOperand(text, 1).startsWith(stringOperand(part, 2)),
  endswith: (_context, text, part) => stringOperand(text, 1).endsWith(stringOperand(part, 2)),
  indexof: (context, text, part) => indexesOf(context, text, part, 1)[0] ?? -1,
  indexof_n: (context, text, part) => indexesOf(context, text, part, Infinity),
  substring: (_context, text, start, length) =>
    substring(stringOperand(text, 1), intOperand(start, 2), intOperand(length, 3)),
  format_int: (_context, number, base) => formatInt(number, base),
  'strings.count': (_context, text, part) => countOf(stringOperand(text, 1), stringOperand(part, 2)),
  'strings.reverse': (_context, text) => Array.from(stringOperand(text, 1)).toReversed().join(''),
  'strings.any_prefix_match': (context, texts = null, parts = null) =>
    anyMatch(context, texts, parts, (text, part) => text.startsWith(part)),
  'strings.any_suffix_match': (context, texts = null, parts = null) =>
    anyMatch(context, texts, parts, (text, part) => text.endsWith(part)),
};

const RADIXES: ReadonlyMap<string, number> = new Map([
  ['2', 2],
  ['8', 8],
  ['10', 10],
  ['16', 16],
]);

function concat(context: BuiltinContext, separator: string, parts: Value): string {
  const elements = elementsOf(parts);
  if (!elements) throw operandTypeError(2, parts, 'set', 'array');
  let size = separator.length * Math.max(elements.length - 1, 0);
  const texts = elements.map((element) => {
    if (typeof element !== 'string') throw elementTypeError(2, parts, element, 'string');
    size += element.length;
    return element;
  });
  context.checkSize(size);
  return texts.join(separator);
}

/** The positions of a text in another text, in characters. Occurrences may overlap. */
function indexesOf(
  context: BuiltinContext,
  text: Value | undefined,
  part: Value | undefined,
  most: number,
): number[] {
  const base = stringOperand(text, 1);
  const search = stringOperand(part, 2);
  if (search === '') throw new BuiltinError('empty search character');
  const indexes: number[] = [];
  let characters = 0;
  let from = 0;
  for (let at = base.indexOf(search); at >= 0 && indexes.length < most; at = base.indexOf(search, at + 1)) {
    context.checkDeadline();
    characters += runeCount(base.slice(from, at));
    from = at;
    indexes.push(characters);
  }
  return indexes;
}

function substring(text: string, start: number, length: number): string {
  if (start < 0) throw new BuiltinError('negative offset');
  const characters = Array.from(text);
  return characters.slice(start, length < 0 ? undefined : start + length).join('');
}

function countOf(text: string, part: string): number {
  return part === '' ? runeCount(text) + 1 : text.split(part).length - 1;
}

function formatInt(number: Value | undefined, base: Value | undefined): string {
  const input = numberOperand(number, 1);
  const radix = RADIXES.get(numberText(numberOperand(base, 2)));
  if (radix === undefined) throw operandEnumError(2, '2', '8', '10', '16');
  const text = numberText(input);
  const integer = /^[+-]?\d+$/.test(text) ? asInteger(input) : undefined;
  return (integer ?? truncateFloat(floatFromText(text))).toString(radix);
}

/** Whether any string begins (or ends) with any part. Each operand is a string or a collection of strings. */
function anyMatch(
  context: BuiltinContext,
  texts: Value,
  parts: Value,
  matches: (text: string, part: string) => boolean,
): boolean {
  const isCollection = (value: Value): boolean => isArray(value) || isSet(value);
  if (typeof texts !== 'string' && !isCollection(texts)) {
    throw operandTypeError(1, texts, 'string', 'set', 'array');
  }
  const searched = typeof texts === 'string' ? [texts] : stringElements(texts, 1);
  if (typeof parts !== 'string' && !isCollection(parts)) {
    throw operandTypeError(2, parts, 'string', 'set', 'array');
  }
  const wanted = typeof parts === 'string' ? [parts] : stringElements(parts, 2);
  return searched.some((text) => {
    context.checkDeadline();
    return wanted.some((part) => matches(text, part));
  });
}
