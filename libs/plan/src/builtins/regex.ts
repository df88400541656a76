import type { Value } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { attempt, fromGo } from './failure.js';
import { globsIntersect } from './go/glob-intersect.js';
import { goQuote } from './go/quote.js';
import { intOperand, stringOperand } from './operands.js';
import { compileRegex } from './regex-cache.js';
import type { GroupNames } from './regex-names.js';

/** `regex.*`, and `re_match` by its old name */
export const regex: Builtins = {
  'regex.is_valid': (context, pattern) =>
    typeof pattern === 'string' && attempt(() => compileRegex(context, pattern)) !== undefined,
  'regex.match': (context, pattern, text) => isMatch(context, pattern, text),
  re_match: (context, pattern, text) => isMatch(context, pattern, text),
  'regex.find_n': (context, pattern, text, count) => {
    const matches = findAll(context, stringOperand(pattern, 1), stringOperand(text, 2), intOperand(count, 3));
    return matches.map(({ groups: [whole = ''] }) => whole);
  },
  'regex.find_all_string_submatch_n': (context, pattern, text, count) => {
    const matches = findAll(context, stringOperand(pattern, 1), stringOperand(text, 2), intOperand(count, 3));
    return matches.map(({ groups }) => groups.map((group) => group ?? ''));
  },
  'regex.split': (context, pattern, text) =>
    split(context, stringOperand(pattern, 1), stringOperand(text, 2)),
  'regex.replace': (context, text, pattern, replacement) =>
    replace(context, stringOperand(text, 1), stringOperand(pattern, 2), stringOperand(replacement, 3)),
  'regex.globs_match': (context, left, right) => {
    const [a, b] = [stringOperand(left, 1), stringOperand(right, 2)] as const;
    return fromGo(() => globsIntersect(a, b, context.checkDeadline.bind(context)));
  },
  'regex.template_match': (context, template, text, open, close) => {
    const operands = [stringOperand(template, 1), stringOperand(text, 2)] as const;
    const pattern = templateToRegex(context, operands[0], stringOperand(open, 3), stringOperand(close, 4));
    return compileRegex(context, pattern).test(operands[1]);
  },
};

interface RegexMatch {
  readonly start: number;
  readonly end: number;
  /** The whole match and its groups. A group that did not match is undefined. */
  readonly groups: readonly (string | undefined)[];
}

function isMatch(context: BuiltinContext, pattern: Value | undefined, text: Value | undefined): boolean {
  const source = stringOperand(pattern, 1);
  const subject = stringOperand(text, 2);
  return compileRegex(context, source).test(subject);
}

/** All matches, or at most `count`. As in Go, an empty match directly after another match is skipped. */
function findAll(context: BuiltinContext, pattern: string, text: string, count: number): RegexMatch[] {
  const expression = compileRegex(context, pattern);
  const { groupCount } = expression;
  const matcher = expression.matcher(text);
  const matches: RegexMatch[] = [];
  let previousEnd = -1;
  while ((count < 0 || matches.length < count) && matcher.find()) {
    context.checkDeadline();
    const [start, end] = [matcher.start(), matcher.end()];
    if (start !== end || start !== previousEnd) {
      const groups = Array.from({ length: groupCount + 1 }, (_, index) => matcher.group(index) ?? undefined);
      matches.push({ start, end, groups });
    }
    previousEnd = end;
  }
  return matches;
}

function split(context: BuiltinContext, pattern: string, text: string): string[] {
  const matches = findAll(context, pattern, text, -1);
  if (pattern !== '' && text === '') return [''];
  const parts: string[] = [];
  let begin = 0;
  let end = 0;
  for (const match of matches) {
    end = match.start;
    if (match.end !== 0) parts.push(text.slice(begin, end));
    begin = match.end;
  }
  if (end !== text.length) parts.push(text.slice(begin));
  return parts;
}

function replace(context: BuiltinContext, text: string, pattern: string, replacement: string): string {
  const names = compileRegex(context, pattern).groups;
  const parts: string[] = [];
  let length = 0;
  let last = 0;
  const add = (part: string): void => {
    length += part.length;
    context.checkSize(length);
    parts.push(part);
  };
  for (const match of findAll(context, pattern, text, -1)) {
    add(text.slice(last, match.start));
    add(expand(replacement, match, names));
    last = match.end;
  }
  add(text.slice(last));
  return parts.join('');
}

/** Go's replacement syntax: `$1`, `$name`, `${name}` and `$$`. A name is as long as possible. */
function expand(template: string, match: RegexMatch, names: GroupNames): string {
  const reference = /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;
  return template.replace(reference, (_text, dollar?: string, braced?: string, bare?: string) => {
    if (dollar !== undefined) return '$';
    const name = braced ?? bare ?? '';
    const isIndex = /^(?:0|[1-9]\d{0,8})$/.test(name);
    const numbers = isIndex ? [Number(name)] : (names.get(name) ?? []);
    // If several groups have this name, the first one that matched wins.
    return numbers.map((number) => match.groups[number]).find((group) => group !== undefined) ?? '';
  });
}

/** Converts a template to one regular expression. The parts between delimiters are regular expressions. */
function templateToRegex(context: BuiltinContext, template: string, open: string, close: string): string {
  for (const [name, delimiter] of [
    ['start', open],
    ['end', close],
  ] as const) {
    if (Buffer.byteLength(delimiter) !== 1) {
      const size = Buffer.byteLength(open);
      throw new BuiltinError(`${name} delimiter has to be exactly one character long but is ${size} long`);
    }
  }
  let pattern = '^';
  let end = 0;
  for (const [from, to] of delimitedParts(template, open, close)) {
    const inner = template.slice(from + 1, to - 1);
    compileRegex(context, `^${inner}$`);
    pattern += `${quoteRegex(template.slice(end, from))}(${inner})`;
    end = to;
  }
  return `${pattern}${quoteRegex(template.slice(end))}$`;
}

function delimitedParts(template: string, open: string, close: string): [from: number, to: number][] {
  const parts: [number, number][] = [];
  let level = 0;
  let from = 0;
  for (let index = 0; index < template.length; index++) {
    const char = template.charAt(index);
    if (char === open) {
      level++;
      if (level === 1) from = index;
    } else if (char === close) {
      level--;
      if (level === 0) parts.push([from, index + 1]);
    }
    if (level < 0) break;
  }
  if (level !== 0) throw new BuiltinError(`unbalanced braces in ${goQuote(template)}`);
  return parts;
}

function quoteRegex(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
