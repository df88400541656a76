const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const jwt = (header: unknown, payload: unknown, signature = 'c2ln'): string =>
  [base64url(header), base64url(payload), signature].join('.');
const HEADER = { alg: 'HS256', typ: 'JWT' };
const PLAIN = jwt(HEADER, { sub: 'alice', aud: ['a', 'b'], n: 1.5 });

/** Valid and invalid tokens. The name says what is special about a token. */
export const tokens = {
  plain: PLAIN,
  padded: [base64url('{"a":1}') + '=', base64url('{}') + '=', ''].join('.'),
  emptySignature: jwt(HEADER, {}, ''),
  nested: jwt({ ...HEADER, cty: 'JWT' }, `"${PLAIN}"`),
  ctyNotJwt: jwt({ ...HEADER, cty: 'text' }, { a: 1 }),
  encrypted: jwt({ ...HEADER, enc: 'A128GCM' }, {}),
  bigNumber: jwt(HEADER, '{"id": 12345678901234567890, "eq": 9007199254740993}'),
  twins: jwt(HEADER, '{"sub": "a", "sub": "b"}'),
  escapes: jwt(HEADER, '{"pair": "\\ud83d\\ude00", "lone": "\\ud83d", "text": "\\\\ud83d", "\\u00e9": "é"}'),
  payloadList: jwt(HEADER, [1]),
  payloadText: jwt(HEADER, 'not json'),
  trailing: jwt(HEADER, '{} {}'),
  headerList: jwt([], {}),
  badBase64: 'a$b.e30.e30',
  badLength: 'e30xx.e30.e30',
  badSignature: jwt(HEADER, {}, '%%%%'),
  standardAlphabet: jwt(HEADER, {}, '+/+/'),
  lineBreak: `${base64url(HEADER).slice(0, 4)}\n${base64url(HEADER).slice(4)}.e30.e30`,
  two: 'e30.e30',
  four: 'e30.e30.e30.e30',
  one: 'e30',
};
