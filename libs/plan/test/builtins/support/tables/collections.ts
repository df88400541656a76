import { makeObject, makeSet, numberFromText } from '../../../../src/values/index.js';
import type { Value } from '../../../../src/values/index.js';
import type { Call } from '../calls.js';

const number = numberFromText;

/** Every call of a function with each pair of values. */
export function pairs(name: string, values: readonly Value[]): Call[] {
  return values.flatMap((left) => values.map((right): Call => [name, left, right]));
}

const NUMBERS: readonly Value[] = [
  0,
  1,
  -7,
  2.5,
  -0.1,
  3,
  number('1e400'),
  number('100000000000000000000001'),
  number('2.0'),
  number('0.30000000000000000001'),
  1e21,
  'text',
  null,
];

/** Numbers, and what is none. */
export const arithmetic: readonly Call[] = [
  ...['plus', 'minus', 'mul', 'div', 'rem', 'lt', 'gte', 'equal', 'neq'].flatMap((name) =>
    pairs(name, NUMBERS),
  ),
  ...['abs', 'ceil', 'floor', 'round', 'to_number', 'bits.negate'].flatMap((name) =>
    NUMBERS.map((value): Call => [name, value]),
  ),
  ...['bits.and', 'bits.or', 'bits.xor', 'bits.lsh', 'bits.rsh'].flatMap((name) =>
    pairs(name, [0, 1, 5, -9, 64, 2.5, number('18446744073709551617')]).filter(
      ([, , shift]) => typeof shift === 'number',
    ),
  ),
];

const COLLECTIONS: readonly Value[] = [
  [],
  [1, 2, 3],
  [1, 'a', null, [2]],
  [0.1, 0.2],
  [number('1e400'), 0.5],
  [0.001, number('100000000000000000000'), -1],
  makeSet([-1.5, number('1e400'), 2]),
  [3, 1.5, number('100000000000000000000001')],
  makeSet([3, 1, 2]),
  makeSet(),
  [true, true],
  [true, 1],
  makeSet([true]),
  {},
  { a: 1, b: [2] },
  makeObject([
    [1, 'x'],
    [['k'], true],
  ]),
  'tëxt😀',
  5,
  null,
];

/** Arrays, sets and objects. */
export const collections: readonly Call[] = [
  ...[
    'count',
    'sum',
    'product',
    'max',
    'min',
    'sort',
    'all',
    'any',
    'type_name',
    'is_set',
    'array.reverse',
    'array.flatten',
    'object.keys',
    'cast_array',
    'json.marshal',
  ].flatMap((name) => COLLECTIONS.map((value): Call => [name, value])),
  ...[
    'array.concat',
    'object.union',
    'object.remove',
    'object.filter',
    'object.subset',
    'internal.member_2',
  ].flatMap((name) => pairs(name, COLLECTIONS)),
];
