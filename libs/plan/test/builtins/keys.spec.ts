import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { Call, Outcome } from './support/calls.js';
import { callOpa, callOurs } from './support/calls.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey;
const rsaJwk = rsa.export({ format: 'jwk' });
const edwards = generateKeyPairSync('ed25519');
const x = String(edwards.publicKey.export({ format: 'jwk' }).x);

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const head = `${part({ alg: 'EdDSA' })}.${part({ sub: 'alice' })}`;
const token = `${head}.${sign(null, Buffer.from(head), edwards.privateKey).toString('base64url')}`;

const SECRET = Buffer.from('>>>???secret').toString('base64');
const URL_SECRET = SECRET.replaceAll('+', '-').replaceAll('/', '_');

/** Texts of one member of a key: as it is, in the other alphabet, padded, on two lines, and with other characters. */
const forms = (text: string): string[] => [
  text,
  `${text.slice(0, 4)}\r\n${text.slice(4)}`,
  `${text}=`,
  `${text}==`,
  ` ${text}`,
  `.${text}`,
  `ß${text}`,
  `${text.slice(0, 2)}=${text.slice(2)}`,
  text.slice(0, -1),
];

/** The key in PEM with a byte of its DER changed. */
function broken(der: Buffer, type: string, at: number): string {
  const changed = Buffer.from(der);
  changed.writeUInt8((changed.readUInt8(at) ^ 0x04) & 0xff, at);
  const lines = changed.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${type}-----\n${lines.join('\n')}\n-----END ${type}-----\n`;
}

const pkcs1 = rsa.export({ format: 'der', type: 'pkcs1' });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pkcs8 = ec.export({ format: 'der', type: 'pkcs8' });

const secrets = [...forms(URL_SECRET), ...forms(SECRET)].map((k) => ({ kty: 'oct', k }));
const rsaKeys = (['n', 'e', 'd', 'qi'] as const).flatMap((name) =>
  forms(String(rsaJwk[name])).map((text) => ({ ...rsaJwk, [name]: text })),
);

const CALLS: readonly Call[] = [
  ...secrets.map((key): Call => ['io.jwt.encode_sign', { alg: 'HS256' }, { sub: 'a' }, key]),
  ...rsaKeys.map((key): Call => ['io.jwt.encode_sign', { alg: 'RS256' }, { sub: 'a' }, key]),
  ...forms(x).map((text): Call => {
    const keys = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: text }] };
    return ['io.jwt.verify_eddsa', token, JSON.stringify(keys)];
  }),
  // The last bytes of the numbers of RSA lie all over the key.
  ...Array.from({ length: 24 }, (_, n): Call => {
    const pem = broken(pkcs1, 'RSA PRIVATE KEY', pkcs1.length - 1 - n * 24);
    return ['crypto.parse_private_keys', pem];
  }),
  // The last bytes hold the public point, which is another one then.
  ...[1, 20, 40, 60].map((fromEnd): Call => {
    const pem = broken(pkcs8, 'PRIVATE KEY', pkcs8.length - fromEnd);
    return ['crypto.x509.parse_rsa_private_key', pem];
  }),
];

it('the keys of the table are keys', () => {
  expect(createPublicKey(createPrivateKey(rsa.export({ format: 'pem', type: 'pkcs1' }))).type).toBe('public');
});

it('keys with broken bytes are read or refused as in OPA, whatever the words of the error', async () => {
  const ours = callOurs(CALLS);
  const theirs = await callOpa(CALLS);
  const outcome = ({ error, ...value }: Outcome = {}): object =>
    error === undefined ? value : { refused: true };
  const differences = CALLS.flatMap((call, row) => {
    const [our, their] = [outcome(ours[row]), outcome(theirs[row])];
    return JSON.stringify(our) === JSON.stringify(their) ? [] : [{ call: JSON.stringify(call), our, their }];
  });
  expect(differences).toEqual([]);
  const refused = ours.filter(({ error }) => error !== undefined).length;
  expect(refused).toBeGreaterThan(20);
  expect(CALLS.length - refused).toBeGreaterThan(10);
});
