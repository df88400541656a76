import type { KeyObject } from 'node:crypto';
import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { Value } from '../../../../src/values/index.js';
import type { Call } from '../calls.js';

const SECRET = 'secret';
const PAYLOAD = { sub: 'alice', iss: 'https://issuer.example', aud: ['orders', 'stock'], exp: 4_000_000_000 };

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(alg: string, signature: (text: Buffer) => Buffer, payload: unknown = PAYLOAD): string {
  const text = `${encode({ alg, typ: 'JWT' })}.${encode(payload)}`;
  return `${text}.${signature(Buffer.from(text)).toString('base64url')}`;
}

const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const jwksOf = (key: KeyObject): string => JSON.stringify({ keys: [key.export({ format: 'jwk' })] });

/** A call with the right key as PEM and as JWKS, with a wrong key, and with a changed token. */
function verifications(alg: string, signed: string, publicKey: KeyObject): Call[] {
  const name = `io.jwt.verify_${alg.toLowerCase()}`;
  const wrong = pemOf(publicKey === rsa.publicKey ? ed25519.publicKey : rsa.publicKey);
  return [
    [name, signed, pemOf(publicKey)],
    [name, signed, jwksOf(publicKey)],
    [name, signed, wrong],
    [name, `${signed.slice(0, -3)}AAA`, pemOf(publicKey)],
  ];
}

const bits = (alg: string): string => `sha${alg.slice(-3)}`;

const hmacTokens = ['HS256', 'HS384', 'HS512'].map((alg) => {
  const signature = (text: Buffer) => createHmac(bits(alg), SECRET).update(text).digest();
  return [alg, token(alg, signature)] as const;
});

const rsaCalls = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].flatMap((alg) => {
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const key = { key: rsa.privateKey, ...(alg.startsWith('PS') ? pss : {}) };
  return verifications(
    alg,
    token(alg, (text) => sign(bits(alg), text, key)),
    rsa.publicKey,
  );
});

const ecCalls = Object.entries(curves).flatMap(([alg, namedCurve]) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return verifications(
    alg,
    token(alg, (text) => sign(bits(alg), text, key)),
    publicKey,
  );
});

const edToken = token('EdDSA', (text) => sign(null, text, ed25519.privateKey));

const HEADER = { alg: 'HS256', typ: 'JWT' };
const JWK = { kty: 'oct', k: Buffer.from(SECRET).toString('base64url') };

/** Keys with which a signature is always the same. */
const SIGNING: readonly (readonly [header: Record<string, string>, key: Record<string, Value>])[] = [
  [HEADER, JWK],
  [{ alg: 'HS512' }, JWK],
  [{ typ: 'text', alg: 'HS256' }, JWK],
  [{ alg: 'RS256' }, rsa.privateKey.export({ format: 'jwk' }) as Record<string, Value>],
];

const CONSTRAINTS: readonly Record<string, Value>[] = [
  { secret: SECRET },
  { secret: SECRET, alg: 'HS256', iss: 'https://issuer.example', aud: 'orders' },
  { secret: SECRET, aud: 'none' },
  { secret: SECRET, time: 4_000_000_001e9, aud: 'orders' },
  { secret: 'wrong', aud: 'orders' },
  { secret: SECRET, other: 1 },
];

/** JSON Web Tokens. */
export const tokens: readonly Call[] = [
  ...hmacTokens.flatMap(([alg, signed]): Call[] => {
    const name = `io.jwt.verify_${alg.toLowerCase()}`;
    return [
      [name, signed, SECRET],
      [name, signed, 'wrong'],
      [name, `${signed}A`, SECRET],
      ['io.jwt.decode', signed],
      ...CONSTRAINTS.map((constraints): Call => ['io.jwt.decode_verify', signed, constraints]),
    ];
  }),
  ...rsaCalls,
  ...ecCalls,
  ...verifications('EdDSA', edToken, ed25519.publicKey),
  ['io.jwt.decode', edToken],
  ['io.jwt.decode', 'a.b'],
  ['io.jwt.decode', `${encode(HEADER)}.${encode([1])}.`],
  ['io.jwt.decode_verify', edToken, { cert: pemOf(ed25519.publicKey), aud: 'stock' }],
  ...SIGNING.flatMap(([header, key]): Call[] => [
    ['io.jwt.encode_sign', header, PAYLOAD, key],
    ['io.jwt.encode_sign', header, {}, key],
    ['io.jwt.encode_sign_raw', JSON.stringify(header), JSON.stringify(PAYLOAD), JSON.stringify(key)],
    ['io.jwt.encode_sign_raw', JSON.stringify(header), '{"b": 1.50, "a": 1e3}', JSON.stringify(key)],
  ]),
];
