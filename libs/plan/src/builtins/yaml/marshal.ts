import type { Value } from '../../values/index.js';
import {
  entriesOf,
  isArray,
  isNumber,
  isObject,
  isSet,
  itemsOf,
  keyText,
  numberText,
} from '../../values/index.js';
import { isWellFormed, bytesOf } from '../go/bytes.js';
import { elementsOf } from '../operands.js';
import { keyFromJson, textFromJson } from './from-json.js';
import { compareKeys } from './key-order.js';
import { floatScalar, resolveScalar } from './resolve.js';
import { doubleQuoted, literalBlock, mayBePlain, singleQuoted } from './scalar-style.js';

const STEP = 2;
/** Words that older versions of YAML read as booleans, and sexagesimal numbers. */
const OLD_BOOLEAN = /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const INTEGER_LIMITS = [-(2n ** 63n), 2n ** 64n] as const;
/** The emitter writes a key with more bytes, or with a line break in it, after `?`. */
const LONGEST_SIMPLE_KEY = 128;
const LINE_BREAK = /[\n\r\u0085\u2028\u2029]/;

/** A value as OPA's library writes it: blocks, two spaces a level, keys in natural order. */
export function marshalYaml(value: Value): string {
  const inline = inlineText(value, -STEP);
  return inline === undefined ? blockLines(value, 0).join('\n') + '\n' : `${inline}\n`;
}

/**
 * The text of a value that begins on the line of its key: a scalar or an empty collection. The text may have several
 * lines.
 */
function inlineText(value: Value, indent: number): string | undefined {
  if (typeof value === 'string') return stringText(value, indent);
  if (isNumber(value)) return numberScalar(numberText(value));
  if (value === null || typeof value === 'boolean') return String(value);
  if (isObject(value)) return entriesOf(value).length === 0 ? '{}' : undefined;
  return itemsIn(value).length === 0 ? '[]' : undefined;
}

function itemsIn(value: Value): readonly Value[] {
  return isSet(value) ? itemsOf(value) : (elementsOf(value) ?? []);
}

function blockLines(value: Value, indent: number): string[] {
  const margin = ' '.repeat(indent);
  if (isArray(value) || isSet(value)) {
    return itemsIn(value).flatMap((item) => {
      const inline = inlineText(item, indent);
      if (inline !== undefined) return [`${margin}- ${inline}`];
      const [first = '', ...rest] = blockLines(item, indent + STEP);
      return [`${margin}- ${first.slice(indent + STEP)}`, ...rest];
    });
  }
  if (!isObject(value)) return [];
  const entries = new Map(entriesOf(value).map(([key, item]) => [readKey(keyText(key)), item]));
  const sorted = [...entries].sort(([left], [right]) => compareKeys(left, right));
  return sorted.flatMap(([key, item]) => entryLines(key, item, indent));
}

function entryLines(key: string, item: Value, indent: number): string[] {
  const margin = ' '.repeat(indent);
  const keyText = stringText(key, indent);
  const inline = inlineText(item, indent);
  if (!isSimpleKey(key)) {
    const [first = '', ...rest] = inline === undefined ? blockLines(item, indent + STEP) : [inline];
    const start = inline === undefined ? first.slice(indent + STEP) : first;
    return [`${margin}? ${keyText}`, `${margin}: ${start}`, ...rest];
  }
  if (inline !== undefined) return [`${margin}${keyText}: ${inline}`];
  return [`${margin}${keyText}:`, ...blockLines(item, indent + STEP)];
}

/** JSON's numbers are read as YAML's: integers of 64 bits, else doubles. */
function numberScalar(text: string): string {
  const integer = /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  const [least, limit] = INTEGER_LIMITS;
  if (integer !== undefined && integer >= least && integer < limit) return integer.toString();
  const double = Number(text);
  return Number.isFinite(double) ? floatScalar(double) : text;
}

/** The library emits invalid UTF-8 as binary data, so no JSON decoder sees it. */
const readKey = (key: string) => (isWellFormed(key) ? keyFromJson(key) : key);

function isSimpleKey(key: string): boolean {
  const bytes = bytesOf(key);
  if (!isWellFormed(key)) return `!!binary`.length + Math.ceil(bytes.length / 3) * 4 <= LONGEST_SIMPLE_KEY;
  return bytes.length <= LONGEST_SIMPLE_KEY && !LINE_BREAK.test(key);
}

function stringText(source: string, indent: number): string {
  if (!isWellFormed(source)) return `!!binary ${bytesOf(source).toString('base64')}`;
  const text = textFromJson(source);
  // OPA's library indents the lines of a block even where the block is the whole document.
  if (text.includes('\n')) return literalBlock(text, Math.max(indent, 0) + STEP) ?? doubleQuoted(text);
  switch (plainStyle(text)) {
    case 'plain':
      return text;
    case 'single':
      return singleQuoted(text);
    default:
      return doubleQuoted(text);
  }
}

/**
 * Chooses a style for a string. Double quotes if YAML would read another type, single quotes if it has indicators.
 */
function plainStyle(text: string): 'plain' | 'single' | 'double' {
  const isText =
    ['string', 'merge'].includes(resolveScalar(text).type) && !OLD_BOOLEAN.test(text) && !BASE_60.test(text);
  if (!isText) return 'double';
  return mayBePlain(text);
}
