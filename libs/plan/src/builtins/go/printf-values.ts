import { bytesOf, runeCount } from './bytes.js';
import type { FloatFormat } from './float.js';
import { formatFloat } from './float.js';
import { canBackquote, goQuote } from './quote.js';
import { isPrintable } from './unicode.js';

/** An argument of {@link goSprintf}: what OPA hands to Go's `fmt` for a Rego value. */
export type PrintfArgument =
  | { readonly type: 'int64' | 'int'; readonly value: bigint }
  | { readonly type: '*big.Int'; readonly value: bigint }
  | { readonly type: 'float64'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string' | 'json.Number'; readonly value: string }
  | { readonly type: '<nil>' }
  | { readonly type: '[]interface {}'; readonly items: readonly PrintfArgument[] }
  | {
      readonly type: 'map[string]interface {}';
      readonly entries: readonly (readonly [key: PrintfArgument, value: PrintfArgument])[];
    };

/** The flags, width and precision of one directive. */
export interface Directive {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `%#v`: Go syntax. */
  sharpV: boolean;
  width: number | undefined;
  precision: number | undefined;
}

const LARGEST_RUNE = 0x10ffffn;
const FLOAT_VERBS: Readonly<Record<string, readonly [FloatFormat, number]>> = {
  v: ['g', -1],
  b: ['b', -1],
  g: ['g', -1],
  G: ['G', -1],
  x: ['x', -1],
  X: ['X', -1],
  f: ['f', 6],
  F: ['f', 6],
  e: ['e', 6],
  E: ['E', 6],
};
const INTEGER_BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

/** One argument as Go's `fmt` writes it for a verb. `undefined` means that the verb doesn't fit the type. */
export function formatArgument(
  argument: PrintfArgument,
  verb: string,
  directive: Directive,
): string | undefined {
  switch (argument.type) {
    case 'int':
    case 'int64':
      return formatInt64(argument.value, verb, directive);
    case '*big.Int':
      return formatBigInt(argument.value, verb, directive);
    case 'float64':
      return formatDouble(argument.value, verb, directive);
    case 'bool':
      return verb === 'v' || verb === 't' ? formatText(String(argument.value), 's', directive) : undefined;
    case 'string':
    case 'json.Number':
      return formatText(argument.value, verb, directive);
    case '<nil>':
      return verb === 'v' ? pad('<nil>', directive) : undefined;
    case '[]interface {}':
      return `[${argument.items.map((item) => formatItem(item, verb, directive)).join(' ')}]`;
    default: {
      const entries = argument.entries.map((entry) =>
        entry.map((part) => formatItem(part, verb, directive)).join(':'),
      );
      return `map[${entries.join(' ')}]`;
    }
  }
}

/** A value with its type, as Go's error texts show it. */
export function describeArgument(argument: PrintfArgument, directive: Directive): string {
  const text = formatArgument(argument, 'v', directive) ?? '';
  return argument.type === '<nil>' ? text : `${argument.type}=${text}`;
}

/** A value inside a collection. Go does not pad a nil there. */
function formatItem(argument: PrintfArgument, verb: string, directive: Directive): string {
  if (argument.type === '<nil>') return '<nil>';
  const text = formatArgument(argument, verb, directive);
  return text ?? `%!${verb}(${describeArgument(argument, directive)})`;
}

function pad(
  text: string,
  directive: Directive,
  filler = directive.zero && !directive.minus ? '0' : ' ',
): string {
  const missing = (directive.width ?? 0) - runeCount(text);
  if (missing <= 0) {
    return text;
  }
  return directive.minus ? text + ' '.repeat(missing) : filler.repeat(missing) + text;
}

function formatInt64(value: bigint, verb: string, directive: Directive): string | undefined {
  if (verb === 'c' || verb === 'q') {
    const rune = runeOf(BigInt.asUintN(64, value));
    return pad(verb === 'c' ? rune : goQuote(rune, { quote: "'", asciiOnly: directive.plus }), directive);
  }
  if (verb === 'U') {
    return formatUnicode(BigInt.asUintN(64, value), directive);
  }
  const base = INTEGER_BASES[verb];
  return base === undefined ? undefined : formatInteger(value, base, verb, directive);
}

function runeOf(code: bigint): string {
  const isValid = code <= LARGEST_RUNE && !(code >= 0xd800n && code <= 0xdfffn);
  return String.fromCodePoint(isValid ? Number(code) : 0xfffd);
}

function formatUnicode(code: bigint, directive: Directive): string {
  const digits = code
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(directive.precision ?? 4, 4), '0');
  const rune = code <= LARGEST_RUNE ? runeOf(code) : '';
  const character = directive.sharp && rune !== '' && isPrintable(rune) ? ` '${rune}'` : '';
  return pad(`U+${digits}${character}`, directive, ' ');
}

function formatInteger(value: bigint, base: number, verb: string, directive: Directive): string {
  const { precision, width } = directive;
  if (precision === 0 && value === 0n) {
    return ' '.repeat(width ?? 0);
  }
  const sign = value < 0n ? '-' : directive.plus ? '+' : directive.space ? ' ' : '';
  let least = precision ?? 0;
  if (precision === undefined && directive.zero && !directive.minus && width !== undefined) {
    least = width - sign.length;
  }
  let digits = (value < 0n ? -value : value).toString(base).padStart(least, '0');
  if (verb === 'X') {
    digits = digits.toUpperCase();
  }
  if (directive.sharp) {
    digits = sharpPrefix(digits, base, verb) + digits;
  }
  return pad(sign + (verb === 'O' ? '0o' : '') + digits, directive, ' ');
}

function sharpPrefix(digits: string, base: number, verb: string): string {
  switch (base) {
    case 2:
      return '0b';
    case 8:
      return digits.startsWith('0') ? '' : '0';
    case 16:
      return verb === 'X' ? '0X' : '0x';
    default:
      return '';
  }
}

/** `*big.Int` has its own format, which differs from that of small integers. */
function formatBigInt(value: bigint, verb: string, directive: Directive): string {
  const base = verb === 's' ? 10 : INTEGER_BASES[verb];
  if (base === undefined) {
    return `%!${verb}(big.Int=${value.toString()})`;
  }
  const sign = value < 0n ? '-' : directive.plus ? '+' : directive.space ? ' ' : '';
  let digits = (value < 0n ? -value : value).toString(base);
  if (verb === 'X') {
    digits = digits.toUpperCase();
  }
  let prefix = '';
  if (directive.sharp && verb !== 'O') {
    prefix = base === 8 ? '0' : sharpPrefix(digits, base, verb);
  }
  prefix = verb === 'O' ? '0o' : prefix;
  digits = digits.padStart(directive.precision ?? 0, '0');
  const missing = (directive.width ?? 0) - sign.length - prefix.length - digits.length;
  if (missing <= 0) {
    return sign + prefix + digits;
  }
  if (directive.minus) {
    return sign + prefix + digits + ' '.repeat(missing);
  }
  if (directive.zero && directive.precision === undefined) {
    return sign + prefix + '0'.repeat(missing) + digits;
  }
  return ' '.repeat(missing) + sign + prefix + digits;
}

function formatDouble(value: number, verb: string, directive: Directive): string | undefined {
  const format = FLOAT_VERBS[verb];
  if (format === undefined) {
    return undefined;
  }
  const precision = directive.precision ?? format[1];
  let text = formatFloat(value, format[0], precision);
  if (!/^[-+]/.test(text)) {
    text = '+' + text;
  }
  if (directive.space && text.startsWith('+') && !directive.plus) {
    text = ' ' + text.slice(1);
  }
  if (text.endsWith('Inf') || text.endsWith('NaN')) {
    return pad(
      text.endsWith('NaN') && !directive.space && !directive.plus ? text.slice(1) : text,
      directive,
      ' ',
    );
  }
  if (directive.sharp && verb !== 'b') {
    text = keepPoint(text, verb, precision);
  }
  if (directive.plus || !text.startsWith('+')) {
    const width = directive.width ?? 0;
    if (directive.zero && !directive.minus && width > text.length) {
      return text.slice(0, 1) + text.slice(1).padStart(width - 1, '0');
    }
    return pad(text, directive);
  }
  return pad(text.slice(1), directive);
}

/** `%#g` keeps the decimal point and the zeros after it. */
function keepPoint(text: string, verb: string, precision: number): string {
  const isHex = verb === 'x' || verb === 'X';
  const exponentAt = text.search(isHex ? /[pP]/ : /[eE]/);
  const tail = exponentAt < 0 ? '' : text.slice(exponentAt);
  let number = exponentAt < 0 ? text : text.slice(0, exponentAt);
  let digits = 0;
  if ('vgGx'.includes(verb)) {
    digits = precision === -1 ? 6 : precision;
  }
  const significant = number.slice(1).replace('.', '').replace(/^0+/, '').length;
  digits -= significant;
  if (!number.includes('.')) {
    if (number.length === 2 && number.endsWith('0')) {
      digits--;
    }
    number += '.';
  }
  return number + '0'.repeat(Math.max(digits, 0)) + tail;
}

function formatText(value: string, verb: string, directive: Directive): string | undefined {
  const { precision } = directive;
  if (verb === 'x' || verb === 'X') {
    const text = formatHexText(value, directive);
    return verb === 'X' ? text.toUpperCase() : text;
  }
  if (verb !== 'v' && verb !== 's' && verb !== 'q') {
    return undefined;
  }
  const visible = precision === undefined ? value : Array.from(value).slice(0, precision).join('');
  if (verb === 'q' || (verb === 'v' && directive.sharpV)) {
    const raw = directive.sharp && canBackquote(visible);
    return pad(raw ? `\`${visible}\`` : goQuote(visible, { asciiOnly: directive.plus }), directive);
  }
  return pad(visible, directive);
}

function formatHexText(value: string, directive: Directive): string {
  let bytes = bytesOf(value);
  if (directive.precision !== undefined) {
    bytes = bytes.subarray(0, directive.precision);
  }
  if (bytes.length === 0) {
    return pad('', directive);
  }
  const prefix = directive.sharp ? '0x' : '';
  const hex = bytes.toString('hex');
  const text = directive.space
    ? [...bytes].map((byte) => prefix + byte.toString(16).padStart(2, '0')).join(' ')
    : prefix + hex;
  return pad(text, directive);
}
