import type { Value } from '../../values/index.js';
import { get } from '../../values/index.js';
import { bytesOf, compareBytes, textOf } from '../go/bytes.js';
import { GoError } from '../go/error.js';
import type { PrintfArgument, PrintfLimits } from '../go/printf.js';
import { goSprintf } from '../go/printf.js';
import { queryEscape } from '../go/query.js';
import type { Datum } from './data.js';
import {
  arrayOf,
  fieldsOf,
  GoFloat,
  GoInteger,
  isTrue,
  objectOf,
  printed,
  textOfDatum,
  typeOf,
} from './data.js';
import { htmlEscape, jsEscape } from './escape.js';

/** A function of templates. */
export interface TemplateFunction {
  readonly least: number;
  readonly most: number;
  readonly call: (args: readonly Datum[], limits: PrintfLimits) => Datum;
}

const INCOMPATIBLE = 'incompatible types for comparison';

/** The functions by their names. `and` and `or` are evaluated elsewhere: they stop early. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['and', { least: 1, most: Infinity, call: (args) => args.at(-1) }],
  ['or', { least: 1, most: Infinity, call: (args) => args.at(-1) }],
  ['not', { least: 1, most: 1, call: ([datum]) => !isTrue(datum) }],
  ['call', { least: 1, most: Infinity, call: ([datum]) => refuseCall(datum) }],
  ['len', { least: 1, most: 1, call: ([datum]) => lengthOf(datum) }],
  [
    'index',
    { least: 1, most: Infinity, call: ([datum, ...indexes]) => indexes.reduce(indexOf, present(datum)) },
  ],
  ['slice', { least: 1, most: Infinity, call: ([datum, ...indexes]) => sliceOf(datum, indexes) }],
  ['print', { least: 0, most: Infinity, call: sprint }],
  ['println', { least: 0, most: Infinity, call: (args) => `${args.map(printed).join(' ')}\n` }],
  ['printf', { least: 1, most: Infinity, call: printf }],
  ['html', { least: 0, most: Infinity, call: (args) => htmlEscape(escapedText(args)) }],
  ['js', { least: 0, most: Infinity, call: (args) => jsEscape(escapedText(args)) }],
  ['urlquery', { least: 0, most: Infinity, call: (args) => queryEscape(escapedText(args)) }],
  ['eq', { least: 1, most: Infinity, call: ([datum, ...others]) => equalsAny(datum, others) }],
  ['ne', { least: 2, most: 2, call: ([left, right]) => !areEqual(left, right) }],
  ['lt', { least: 2, most: 2, call: ([left, right]) => order(left, right) < 0 }],
  ['le', { least: 2, most: 2, call: ([left, right]) => order(left, right) <= 0 }],
  ['gt', { least: 2, most: 2, call: ([left, right]) => order(left, right) > 0 }],
  ['ge', { least: 2, most: 2, call: ([left, right]) => order(left, right) >= 0 }],
]);

function refuseCall(datum: Datum): never {
  throw new GoError(isNil(datum) ? 'call of nil' : `non-function of type ${typeOf(datum)}`);
}

function isNil(datum: Datum): datum is null | undefined {
  return datum === undefined || datum === null;
}

function present(datum: Datum): Datum {
  if (isNil(datum)) throw new GoError('index of untyped nil');
  return datum;
}

function lengthOf(datum: Datum): Datum {
  const text = textOfDatum(datum);
  if (text !== undefined) return new GoInteger(BigInt(bytesOf(text).length));
  const object = objectOf(datum);
  const length = object ? fieldsOf(object).length : arrayOf(datum)?.length;
  if (length === undefined)
    throw new GoError(isNil(datum) ? 'len of nil pointer' : `len of type ${typeOf(datum)}`);
  return new GoInteger(BigInt(length));
}

function indexOf(datum: Datum, index: Datum): Datum {
  if (isNil(datum)) throw new GoError('index of nil pointer');
  const object = objectOf(datum);
  if (object) {
    if (typeof index !== 'string') {
      throw new GoError(`value has type ${typeOf(index)}; should be string`);
    }
    return get(object, index) ?? null;
  }
  const text = textOfDatum(datum);
  const items: readonly (Value | number)[] | undefined =
    text === undefined ? arrayOf(datum) : [...bytesOf(text)];
  if (!items) throw new GoError(`can't index item of type ${typeOf(datum)}`);
  const item = items[indexArgument(index, items.length)];
  if (item === undefined) throw new GoError('reflect: slice index out of range');
  return text === undefined ? item : new GoInteger(BigInt(Number(item)));
}

function indexArgument(index: Datum, capacity: number): number {
  if (!(index instanceof GoInteger)) {
    throw new GoError(`cannot index slice/array with ${isNil(index) ? 'nil' : `type ${typeOf(index)}`}`);
  }
  if (index.value < 0n || index.value > BigInt(capacity))
    throw new GoError(`index out of range: ${index.value}`);
  return Number(index.value);
}

function sliceOf(datum: Datum, indexes: readonly Datum[]): Datum {
  if (isNil(datum)) throw new GoError('slice of untyped nil');
  const text = textOfDatum(datum);
  const bytes = text === undefined ? undefined : bytesOf(text);
  const items = bytes ?? arrayOf(datum);
  if (indexes.length > 3) throw new GoError(`too many slice indexes: ${indexes.length}`);
  if (bytes && indexes.length === 3) throw new GoError('cannot 3-index slice a string');
  if (!items) throw new GoError(`can't slice item of type ${typeOf(datum)}`);
  const positions = indexes.map((index) => indexArgument(index, items.length));
  const [start = 0, end = items.length, capacity = items.length] = positions;
  if (start > end) throw new GoError(`invalid slice index: ${start} > ${end}`);
  if (end > capacity) throw new GoError(`invalid slice index: ${end} > ${capacity}`);
  return bytes ? textOf(bytes.subarray(start, end)) : (arrayOf(datum) ?? []).slice(start, end);
}

/** Go's `fmt.Sprint`: writes a space between two values that are not strings. */
function sprint(args: readonly Datum[]): string {
  return args
    .map((arg, index) => {
      const hasSpace =
        index > 0 && textOfDatum(arg) === undefined && textOfDatum(args[index - 1]) === undefined;
      return (hasSpace ? ' ' : '') + printed(arg);
    })
    .join('');
}

function escapedText(args: readonly Datum[]): string {
  return sprint(args.map((arg) => (isNil(arg) ? '<no value>' : arg)));
}

function printf([format, ...args]: readonly Datum[], limits: PrintfLimits): string {
  if (typeof format !== 'string')
    throw new GoError(`wrong type for value; expected string; got ${typeOf(format)}`);
  return goSprintf(format, args.map(argumentOf), limits);
}

function argumentOf(datum: Datum): PrintfArgument {
  if (datum instanceof GoInteger) return { type: 'int', value: datum.value };
  if (datum instanceof GoFloat) return { type: 'float64', value: datum.value };
  if (typeof datum === 'boolean') return { type: 'bool', value: datum };
  if (typeof datum === 'string') return { type: 'string', value: datum };
  const text = textOfDatum(datum);
  if (text !== undefined) return { type: 'json.Number', value: text };
  const object = objectOf(datum);
  if (object) {
    const entries = fieldsOf(object).map(([name, value]) => [argumentOf(name), argumentOf(value)] as const);
    return { type: 'map[string]interface {}', entries };
  }
  if (isNil(datum)) return { type: '<nil>' };
  return { type: '[]interface {}', items: (arrayOf(datum) ?? []).map(argumentOf) };
}

function equalsAny(datum: Datum, others: readonly Datum[]): boolean {
  if (others.length === 0) throw new GoError('missing argument for comparison');
  return others.some((other) => areEqual(datum, other));
}

/** The kind of a value that Go's templates compare. */
function basicKind(datum: Datum): 'bool' | 'int' | 'float' | 'string' | 'other' {
  if (datum instanceof GoInteger) return 'int';
  if (datum instanceof GoFloat) return 'float';
  if (typeof datum === 'boolean') return 'bool';
  return textOfDatum(datum) === undefined ? 'other' : 'string';
}

function areEqual(left: Datum, right: Datum): boolean {
  const kind = basicKind(left);
  if (kind !== basicKind(right)) {
    if (isNil(left) || isNil(right)) return false;
    throw new GoError(`${INCOMPATIBLE}: ${typeOf(left)} and ${typeOf(right)}`);
  }
  if (kind === 'other') {
    if (isNil(left) || isNil(right)) return isNil(left) && isNil(right);
    throw new GoError(`non-comparable type ${typeOf(right)}`);
  }
  return printedExactly(left) === printedExactly(right);
}

function printedExactly(datum: Datum): string | number {
  return datum instanceof GoFloat ? datum.value : printed(datum);
}

function order(left: Datum, right: Datum): number {
  const [kind, other] = [basicKind(left), basicKind(right)] as const;
  if (kind === 'other' || other === 'other') throw new GoError('invalid type for comparison');
  if (kind !== other) throw new GoError(`${INCOMPATIBLE}: ${typeOf(left)} and ${typeOf(right)}`);
  if (kind === 'bool') throw new GoError('invalid type for comparison');
  if (left instanceof GoFloat && right instanceof GoFloat) return left.value - right.value;
  if (left instanceof GoInteger && right instanceof GoInteger) return Number(left.value - right.value);
  return compareBytes(printed(left), printed(right));
}
