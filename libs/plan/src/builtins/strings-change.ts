import { entriesOf } from '../values/index.js';
import type { Builtins, BuiltinContext } from './builtin.js';
import { toLower, toUpper } from './go/letter-case.js';
import { replaceAllOf } from './go/replacer.js';
import { intOperand, objectOperand, operandError, stringOperand } from './operands.js';

/** The characters that Go treats as space. */
const SPACES = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const LEADING_SPACE = new RegExp(`^[${SPACES}]+`);
const TRAILING_SPACE = new RegExp(`[${SPACES}]$`);

/** Functions that change a string or split it. */
export const stringsChange: Builtins = {
  lower: (_context, text) => toLower(stringOperand(text, 1)),
  upper: (_context, text) => toUpper(stringOperand(text, 1)),
  split: (_context, text, separator) => split(stringOperand(text, 1), stringOperand(separator, 2)),
  'strings.split_n': (_context, text, separator, count) =>
    splitN(stringOperand(text, 1), stringOperand(separator, 2), intOperand(count, 3)),
  replace: (context, text, part, replacement) => {
    const source = stringOperand(text, 1);
    return replaceAllOf(source, [[stringOperand(part, 2), stringOperand(replacement, 3)]], limits(context));
  },
  'strings.replace_n': (context, patterns, text) => {
    const entries = entriesOf(objectOperand(patterns, 1));
    const source = stringOperand(text, 2);
    return replaceAllOf(source, entries.map(patternOf), limits(context));
  },
  trim: (_context, text, characters) =>
    trimRight(trimLeft(stringOperand(text, 1), stringOperand(characters, 2)), stringOperand(characters, 2)),
  trim_left: (_context, text, characters) => trimLeft(stringOperand(text, 1), stringOperand(characters, 2)),
  trim_right: (_context, text, characters) => trimRight(stringOperand(text, 1), stringOperand(characters, 2)),
  trim_prefix: (_context, text, prefix) => trimPrefix(stringOperand(text, 1), stringOperand(prefix, 2)),
  trim_suffix: (_context, text, suffix) => trimSuffix(stringOperand(text, 1), stringOperand(suffix, 2)),
  trim_space: (_context, text) => trimSpace(stringOperand(text, 1)),
};

function patternOf([key, value]: readonly [unknown, unknown]): readonly [string, string] {
  if (typeof key !== 'string') throw operandError(1, 'non-string key found in pattern object');
  if (typeof value !== 'string') throw operandError(1, 'non-string value found in pattern object');
  return [key, value];
}

function limits(context: BuiltinContext): (length: number) => void {
  return (length) => {
    context.checkDeadline();
    context.checkSize(length);
  };
}

function split(text: string, separator: string): string[] {
  return separator === '' ? Array.from(text) : text.split(separator);
}

/** The first parts. A negative count selects the last parts. */
function splitN(text: string, separator: string, count: number): string[] {
  const parts = split(text, separator);
  return count >= 0 ? parts.slice(0, count) : parts.slice(Math.max(parts.length + count, 0));
}

function trimLeft(text: string, characters: string): string {
  const cut = new Set(characters);
  const rest = Array.from(text);
  const first = rest.findIndex((character) => !cut.has(character));
  return first < 0 ? '' : rest.slice(first).join('');
}

function trimRight(text: string, characters: string): string {
  const cut = new Set(characters);
  const rest = Array.from(text);
  return rest.slice(0, rest.findLastIndex((character) => !cut.has(character)) + 1).join('');
}

function trimPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function trimSuffix(text: string, suffix: string): string {
  return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
}

function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && TRAILING_SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(0, end).replace(LEADING_SPACE, '');
}
