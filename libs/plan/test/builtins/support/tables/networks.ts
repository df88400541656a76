import { makeSet } from '../../../../src/values/index.js';
import type { Value } from '../../../../src/values/index.js';
import type { Call } from '../calls.js';
import { pairs } from './collections.js';

const NETWORKS: readonly Value[] = [
  '10.0.0.0/8',
  '10.1.2.3/16',
  '10.1.2.3',
  '0.0.0.0/0',
  '::/0',
  '::ffff:10.1.2.3',
  '::ffff:10.1.0.0/112',
  '2001:db8::/32',
  '2001:db8:0:1::1',
  '2001:DB8::1/129',
  '10.0.0.0/33',
  '010.0.0.1/8',
  '1.2.3',
  'fe80::1%eth0',
  '1::2::3',
  '::1.2.3.4',
  'text',
  5,
];

const URLS = [
  'http://user:p%40ss@Example.com:8080/a%2Fb/c%20d?x=1&y=%zz#frag%20x',
  'HTTP://[::1]:80/',
  'http://[fe80::1%25en0]:8080/',
  'http://[1.2.3.4]/',
  'mailto:a@b.c',
  '//host/path',
  '///path',
  '/only/path?',
  'a:b',
  '1a:b/c',
  ':x',
  '*',
  'http://a b/',
  'http://a%20b/',
  'http://host:port/',
  'http://host:80:90/',
  'x://a:1,b:2/',
  'http://h/%zz',
  'a/b:c',
  'http://exämple.com/ä?ü',
  'http://h\u007f/',
  'http://a<b@h/',
  'http://h/a[b]c!',
  'http://[::1',
  'http://h/#%',
];

/** Networks, URLs and queries. */
export const networks: readonly Call[] = [
  ...['net.cidr_contains', 'net.cidr_intersects', 'net.cidr_overlap'].flatMap((name) =>
    pairs(name, NETWORKS),
  ),
  ...NETWORKS.map((network): Call => ['net.cidr_is_valid', network]),
  ...['10.0.0.0/29', '10.0.0.5/31', '::ffff:10.1.0.0/126', '2001:db8::fffe/125', '1.2.3.4/32', 'x'].map(
    (network): Call => ['net.cidr_expand', network],
  ),
  ['net.cidr_merge', ['192.0.2.0/25', '192.0.2.128/25', '10.0.0.0/24', '10.0.1.0/24', '10.0.3.0/24']],
  ['net.cidr_merge', ['192.0.2.5', '192.0.2.6', '10.1.2.3']],
  ['net.cidr_merge', ['192.0.2.5/32', '192.0.2.6/32', '192.0.2.7/32', '192.0.2.8/31']],
  ['net.cidr_merge', ['2601:600:8a80:207e:a57d:7567:e2c9:e7b3/128', '2001:db8::/33', '2001:db8:8000::/33']],
  ['net.cidr_merge', makeSet(['10.0.0.0/8', '10.2.0.0/16'])],
  ['net.cidr_merge', []],
  ['net.cidr_merge', ['::1']],
  ['net.cidr_merge', [5]],
  ['net.cidr_merge', 'x'],
  ['net.cidr_merge', ['0.0.0.0/1', '128.0.0.0/1']],
  ['net.cidr_contains_matches', '10.0.0.0/8', '10.1.0.0/16'],
  ['net.cidr_contains_matches', ['10.0.0.0/8', ['1.0.0.0/8', 'x']], { a: '10.1.1.1', b: ['1.2.3.4'] }],
  ['net.cidr_contains_matches', makeSet([['10.0.0.0/8', 1], '1.0.0.0/8']), makeSet(['10.1.1.1'])],
  ['net.cidr_contains_matches', ['10.0.0.0/8', 7], ['10.1.1.1']],
  ['net.cidr_contains_matches', ['10.0.0.0/8'], [[]]],
  ['net.cidr_contains_matches', 7, ['10.1.1.1']],
  ...['uri.parse', 'uri.is_valid'].flatMap((name) => URLS.map((url): Call => [name, url])),
  ...['a=1&b=2&a=3', 'a', '=x', 'a=%zz&b=%', 'a;b=1', '', 'a=b=c', '&&', 'ä=%C3%A4+x', '%FF=1'].map(
    (query): Call => ['urlquery.decode_object', query],
  ),
  ['urlquery.encode_object', { b: 'x y', a: ['1', 'ü'], c: [] }],
  ['urlquery.encode_object', { a: makeSet(['z', 'y']) }],
  ['urlquery.encode_object', { a: 1 }],
  ['urlquery.encode_object', { a: ['x', 1] }],
  ['urlquery.encode_object', []],
];
