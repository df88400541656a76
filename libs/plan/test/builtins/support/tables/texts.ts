import { makeSet, numberFromText } from '../../../../src/values/index.js';
import type { Value } from '../../../../src/values/index.js';
import type { Call } from '../calls.js';
import { pairs } from './collections.js';

const number = numberFromText;

const TEXTS: readonly Value[] = [
  '',
  'a',
  'abcabc',
  'tëxt😀tëxt',
  ' \t padded \u00a0',
  'ÀÉß',
  '-',
  5,
  null,
  ['a'],
];

/** Functions of texts. */
export const texts: readonly Call[] = [
  ...[
    'contains',
    'startswith',
    'endswith',
    'indexof',
    'indexof_n',
    'split',
    'trim',
    'trim_left',
    'trim_right',
    'trim_prefix',
    'trim_suffix',
    'strings.count',
    'concat',
    'strings.any_prefix_match',
    'strings.any_suffix_match',
  ].flatMap((name) => pairs(name, [...TEXTS, ['abc', 'x'], makeSet(['t', 'text']), []])),
  ...[
    'lower',
    'upper',
    'trim_space',
    'strings.reverse',
    'count',
    'to_number',
    'base64.encode',
    'base64.decode',
    'base64.is_valid',
    'base64url.encode',
    'base64url.encode_no_pad',
    'base64url.decode',
    'hex.encode',
    'hex.decode',
    'urlquery.encode',
    'urlquery.decode',
    'urlquery.decode_object',
    'json.unmarshal',
    'json.is_valid',
    'json.marshal',
    'crypto.md5',
    'crypto.sha1',
    'crypto.sha256',
    'glob.quote_meta',
    'uri.parse',
    'uri.is_valid',
    'units.parse',
    'units.parse_bytes',
    'semver.is_valid',
    'uuid.parse',
    'net.cidr_is_valid',
    'regex.is_valid',
    'cast_string',
  ].flatMap((name) => TEXTS.map((value): Call => [name, value])),
  ...pairs('substring', [0, 1, -1, 3, 100, 1.5]).flatMap(([name, start, length]) =>
    TEXTS.map((text): Call => [name, text, start ?? null, length ?? null]),
  ),
  ...[-3, -1, 0, 1, 2, 9].flatMap((count) =>
    TEXTS.map((text): Call => ['strings.split_n', text, 'b', count]),
  ),
  ...pairs('replace', ['a', '', 'ab', 'é']).flatMap(([name, search, replacement]) =>
    TEXTS.map((text): Call => [name, text, search ?? null, replacement ?? null]),
  ),
  ['strings.replace_n', { a: '1', ab: '2', c: '3' }, 'abcabcab'],
  ['strings.replace_n', { '': '-', b: 'x' }, 'abé'],
  ['strings.replace_n', { a: 1 }, 'a'],
  ['format_int', 15.9, 16],
  ['format_int', -15.9, 16],
  ['format_int', number('18446744073709551617'), 2],
  ['format_int', 10, 3],
  ['format_int', number('1e3'), 10],
  ['format_int', 7, number('10.0')],
];
