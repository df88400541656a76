import { makeObject, makeSet, numberFromText } from '../../../../src/values/index.js';
import type { Value } from '../../../../src/values/index.js';
import type { Call } from '../calls.js';
import { pairs } from './collections.js';

const SETS: readonly Value[] = [makeSet([]), makeSet([1, 'a', null]), makeSet([1, [2]]), makeSet(['a', 3])];

const VALUES: readonly Value[] = [
  null,
  true,
  0,
  numberFromText('1e400'),
  'a',
  [1, 'a'],
  { a: { b: 1 } },
  makeObject([[1, 'x']]),
  makeSet([1]),
];

/** Types, sets, `walk` and texts in codes. */
export const types: readonly Call[] = [
  ...[
    'is_array',
    'is_boolean',
    'is_null',
    'is_number',
    'is_object',
    'is_set',
    'is_string',
    'type_name',
  ].flatMap((name) => VALUES.map((value): Call => [name, value])),
  ...['cast_array', 'cast_boolean', 'cast_null', 'cast_object', 'cast_set', 'cast_string'].flatMap((name) =>
    VALUES.map((value): Call => [name, value]),
  ),
  ...['and', 'or', 'minus'].flatMap((name) => pairs(name, SETS)),
  ...['gt', 'lte'].flatMap((name) => pairs(name, VALUES)),
  ['union', makeSet(SETS)],
  ['intersection', makeSet(SETS.slice(1))],
  ['intersection', makeSet([])],
  ...VALUES.map((value): Call => ['internal.member_3', 0, value, [value]]),
  ['internal.member_3', 'a', 1, { a: 1 }],
  ...[
    [0, 2],
    [-1, 9],
    [2, 1],
  ].map(([from = 0, to = 0]): Call => ['array.slice', [1, 'a', null, [2]], from, to]),
  ...['md5', 'sha1', 'sha256', 'sha512'].map((hash): Call => [`crypto.hmac.${hash}`, 'text é', 'key']),
  ['crypto.hmac.equal', 'abc', 'abc'],
  ['crypto.hmac.equal', 'abc', 'abd'],
  ...['YQ==', 'YWI=', 'YWJj', 'w6k', '_-8=', 'YQ', 'Y Q=='].flatMap((text): Call[] => [
    ['base64.decode', text],
    ['base64url.decode', text],
  ]),
  ...['61', '6A', 'c3a9', '', '6', 'zz'].map((text): Call => ['hex.decode', text]),
  ['re_match', 'a+b', 'xaab'],
  ['re_match', '^$', ''],
  ['strings.replace_n', { a: '1', b: 'a', '': '-' }, 'abc'],
  ['urlquery.encode_object', { a: ['x', 'y z'], é: 'ü&', s: makeSet(['b', 'a']) }],
];
