import { RE2JS, RE2JSException } from 're2js';
import { isString, ofStrings } from './builtin.js';
import type { Builtins } from './builtin.js';

/** Patterns can come from data, so what is kept of them is bounded. */
const MAX_PATTERNS = 100;
const compiled = new Map<string, RE2JS | undefined>();

/** Gives `undefined` for what RE2 doesn't take. */
function compile(pattern: string): RE2JS | undefined {
  if (compiled.has(pattern)) return compiled.get(pattern);
  if (compiled.size >= MAX_PATTERNS) compiled.clear();
  const regex = tryCompile(pattern);
  compiled.set(pattern, regex);
  return regex;
}

function tryCompile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException) return undefined;
    throw error;
  }
}

type Match = ReturnType<RE2JS['matcher']>;

/** Walks over the matches as Go does: an empty match right after another one is none. */
function* matches(regex: RE2JS, text: string): Generator<Match> {
  const matcher = regex.matcher(text);
  let previousEnd = -1;
  while (matcher.find()) {
    const accepted = matcher.end() > matcher.start() || matcher.start() !== previousEnd;
    previousEnd = matcher.end();
    if (accepted) yield matcher;
  }
}

const REFERENCE = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/** Go's template: `$1`, `$name`, `${name}`, `$$`; a group that isn't there is empty. */
function expand(template: string, match: Match, names: ReadonlyMap<string, number>): string {
  return template.replaceAll(REFERENCE, (whole, braced?: string, bare?: string) => {
    if (whole === '$$') return '$';
    const name = braced ?? bare ?? '';
    const index = /^(?:0|[1-9]\d*)$/.test(name) ? Number(name) : names.get(name);
    return index === undefined || index > match.groupCount() ? '' : (match.group(index) ?? '');
  });
}

function replace(text: string, pattern: string, template: string): string | undefined {
  const regex = compile(pattern);
  if (regex === undefined) return undefined;
  const names = new Map(Object.entries(regex.namedGroups()));
  let result = '';
  let end = 0;
  for (const match of matches(regex, text)) {
    result += text.slice(end, match.start()) + expand(template, match, names);
    end = match.end();
  }
  return result + text.slice(end);
}

function findN(pattern: unknown, text: unknown, count: unknown): string[] | undefined {
  if (!isString(pattern) || !isString(text) || !Number.isInteger(count)) return undefined;
  const regex = compile(pattern);
  if (regex === undefined) return undefined;
  const found = Array.from(matches(regex, text), (match) => match.group() ?? '');
  return (count as number) < 0 ? found : found.slice(0, count as number);
}

/** Regular expressions in RE2's dialect, which takes time linear in the text. */
export const regex: Builtins = {
  'regex.find_n': findN,
  'regex.replace': ofStrings((text = '', pattern = '', template = '') => replace(text, pattern, template)),
};
