import { makeObject, makeSet, numberFromText } from '../../../../src/values/index.js';
import type { Value } from '../../../../src/values/index.js';
import type { Call } from '../calls.js';

const BIG = numberFromText('123456789012345678901234567890');
const VALUES: readonly Value[] = [
  0,
  42,
  -7,
  3.5,
  -0.000001234,
  123456789.5,
  1e21,
  numberFromText('2.0'),
  numberFromText('1e400'),
  BIG,
  'tëxt\n"x"',
  '',
  true,
  null,
  [1, 'a', makeSet([2, 1])],
  makeObject([[1, makeSet()]]),
  65,
  0.1,
  100,
];
const VERBS = Array.from('vdsqxXobBtTpcUeEfFgGOw%');
const FLAGS = [
  '',
  '#',
  '+',
  '-',
  ' ',
  '0',
  '8',
  '-8',
  '08',
  '+08',
  '.3',
  '8.3',
  '-8.3',
  '#8.3',
  '+.0',
  '. ',
  '[1]',
  '020',
  '# ',
  '.0',
  '+q',
];

const MORE: readonly Value[] = [
  ['%d %d', [1]],
  ['%d', [1, 2, 'x']],
  ['%', [1]],
  ['%!', [1]],
  ['%[2]d %[1]d', [1, 2]],
  ['%[3]d', [1, 2]],
  ['%[x]d', [1]],
  ['%[1d', [1]],
  ['%[]d', [1]],
  ['%*d|', [5, 42]],
  ['%-*d|', [5, 42]],
  ['%*d|', [-5, 42]],
  ['%*d|', ['x', 42]],
  ['%.*f|', [2, 3.14159]],
  ['%.*f|', [-2, 3.14159]],
  ['%[2]*[1]d|', [42, 6]],
  ['%[1]2d', [42]],
  ['%[1].2d', [42]],
  ['%6.2f|%-8s|%08.3f', [3.14159, 'ab', -3.14159]],
  ['%99999999d', [1]],
  ['%%|%5%|', []],
  ['no verbs', ['x']],
  ['%é', [1]],
  ['%s', []],
  ['%.2s|%5.1q', ['tëxt', 'äöü']],
  ['% x|% X|%#x|%# x', ['hi', 'hi', 'hi', 'hi']],
  ['%x %X %q', ['é', 'é', 'é']],
  ['%+q %#q %#q', ['é', 'a`b', 'ab']],
  ['%c %c %c', [128512, -1, 55296]],
  ['%U %#U %08U', [128512, 128512, 10]],
  ['%e %E %g %G', [0, 1e100, 1e-7, 123456]],
  ['%x %b', [0.5, 1.5]],
  ['%6d|%-6d|%06d|%+d|% d', [42, 42, 42, 42, 42]],
];

/** `sprintf` */
export const printing: readonly Call[] = [
  ...VERBS.flatMap((verb) =>
    FLAGS.map((flag): Call => {
      // Go writes the address of a big integer for these verbs.
      const values = verb === 'p' || verb === 'w' ? VALUES.filter((value) => value !== BIG) : VALUES;
      return ['sprintf', values.map(() => `%${flag}${verb}`).join('|'), values];
    }),
  ),
  ...MORE.map((call): Call => ['sprintf', ...(call as [Value, Value])]),
  // Unicode 15.1, 16 and 17 added these characters. Go's tables are of Unicode 15.
  ['sprintf', '%q %v %+q', ['\u2ffc\u31ef', ['\u{1c89}', '\u{10d4a}'], '\u{11dd0}']],
  ['sprintf', 5, []],
  ['sprintf', 'x', 'y'],
];
