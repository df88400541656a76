import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync } from 'node:crypto';
import type { Value } from '../../../../src/values/index.js';
import { numberFromText } from '../../../../src/values/index.js';
import type { Call } from '../calls.js';
import { certificates, leafKey, request } from '../certificates.js';

type Name = keyof typeof certificates;

/** A time when all certificates are valid but the expired one. */
const TIME = numberFromText('1900000000000000000');
const BEFORE = numberFromText('1000000000000000000');

const NAMES = Object.keys(certificates) as Name[];

const CHAINS: readonly (readonly Name[])[] = [
  ['root', 'mid', 'leaf'],
  ['root', 'leaf'],
  ['mid', 'root'],
  ['root'],
  ['root', 'root'],
  ['root', 'mid', 'mid', 'leaf'],
  ['mid', 'leaf'],
  ['leaf', 'leaf'],
  ['root', 'mid', 'badname'],
  ['root', 'mid', 'badwild'],
  ['root', 'mid', 'baduri'],
  ['root', 'mid', 'noeku'],
  ['root', 'client'],
  ['root', 'mid', 'deep'],
  ['root', 'mid', 'deep', 'deeper'],
  ['root', 'critical'],
  ['root', 'expired'],
  ['self', 'self'],
];

const OPTIONS: readonly Record<string, Value>[] = [
  {},
  { DNSName: 'www.example.com' },
  { DNSName: 'WWW.example.COM.' },
  { DNSName: 'a.sub.example.com' },
  { DNSName: 'a.b.sub.example.com' },
  { DNSName: 'sub.example.com' },
  { DNSName: '*.sub.example.com' },
  { DNSName: '10.1.2.3' },
  { DNSName: '[10.1.2.3]' },
  { DNSName: '::ffff:10.1.2.3' },
  { DNSName: '10.1.2.4' },
  { DNSName: '"www.example.com"' },
  { DNSName: 1 },
  { KeyUsages: ['KeyUsageClientAuth'] },
  { KeyUsages: ['KeyUsageAny'] },
  { KeyUsages: ['KeyUsageServerAuth', 'KeyUsageClientAuth', 1] },
  { KeyUsages: ['KeyUsageX', 'KeyUsageY', 'KeyUsageAny'] },
  { KeyUsages: 'KeyUsageAny' },
  { KeyUsages: [] },
  { MaxConstraintComparisons: 1 },
  { MaxConstraintComparisons: 1.5 },
  { MaxConstraintComparisons: '1' },
  { CurrentTime: '1' },
  { CurrentTime: 1.5 },
  { Other: 1 },
];

function join(names: readonly Name[]): string {
  return Buffer.concat(names.map((name) => Buffer.from(certificates[name], 'base64'))).toString('base64');
}

function pem(type: string, base64: string): string {
  return `-----BEGIN ${type}-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END ${type}-----\n`;
}

function text(key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1'): string {
  return key.export({ type, format: 'pem' }).toString();
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const curves = ['P-256', 'P-384', 'P-521'].map(
  (namedCurve) => generateKeyPairSync('ec', { namedCurve }).privateKey,
);
const ed25519 = generateKeyPairSync('ed25519').privateKey;

const KEYS: readonly string[] = [
  '',
  'no key',
  text(rsa, 'pkcs1'),
  text(rsa, 'pkcs8'),
  text(ed25519, 'pkcs8'),
  ...curves.flatMap((key) => [text(key, 'sec1'), text(key, 'pkcs8')]),
  text(rsa, 'pkcs1') + text(ed25519, 'pkcs8'),
  `note\n${text(ed25519, 'pkcs8')}rest`,
  pem('PUBLIC KEY', 'AAAA'),
  Buffer.from(text(rsa, 'pkcs1')).toString('base64'),
];

const leafPem = pem('CERTIFICATE', certificates.leaf);
const keyPem = pem('PRIVATE KEY', leafKey);

const PAIRS: readonly (readonly [string, string])[] = [
  [certificates.leaf, leafKey],
  [leafPem + pem('CERTIFICATE', certificates.mid), keyPem],
  [Buffer.from(leafPem).toString('base64'), Buffer.from(keyPem).toString('base64')],
  [leafPem, text(ed25519, 'pkcs8')],
  [leafPem, text(rsa, 'pkcs1')],
  [leafPem, leafPem],
  [keyPem, keyPem],
  [leafPem, pem('PUBLIC KEY', 'AAAA')],
  [pem('X', 'AAAA'), keyPem],
  [leafPem, pem('PRIVATE KEY', 'AAAA')],
  ['', ''],
  ['?', keyPem],
];

const body = certificates.leaf;

/** PEM that is broken, or written in an unusual way. */
const PEM_FORMS: readonly string[] = [
  `-----BEGIN X-----\n${leafPem}`,
  `-----BEGIN CERTIFICATE-----\nkey: value\n\n${body}\n-----END CERTIFICATE-----`,
  `-----BEGIN CERTIFICATE-----\nkey: value\n-----END CERTIFICATE-----`,
  `-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----`,
  `-----BEGIN CERTIFICATE-----\n${body}\n-----END OTHER-----\n${leafPem}`,
  `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE----- x\n${leafPem}`,
  `-----BEGIN CERTIFICATE-----  \r\n${body}\r\n-----END CERTIFICATE-----\t \r\n`,
  `-----BEGIN CERTIFICATE----\n${body}\n-----END CERTIFICATE-----\n${leafPem}`,
  `-----BEGIN CERTIFICATE-----\n ${body} \t\n-----END CERTIFICATE-----`,
  `-----BEGIN CERTIFICATE-----\n${body}-----END CERTIFICATE-----`,
  `-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n${leafPem}`,
  `-----BEGIN CERTIFICATE-----\na:b\n-----END CERTIFICATE:-----\n${leafPem}`,
  `-----BEGIN CERTIFICATE-----\na:b\nc:d`,
  `-----BEGIN A-----\nx -----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n${leafPem}`,
  `${leafPem}${leafPem}text between\n${leafPem}text behind`,
  `-----BEGIN CERTIFICATE-----`,
];

/** Calls about certificates and keys. */
export const certificateCalls: readonly Call[] = [
  ...NAMES.map((name): Call => ['crypto.x509.parse_certificates', certificates[name]]),
  ['crypto.x509.parse_certificates', leafPem],
  ['crypto.x509.parse_certificates', Buffer.from(leafPem).toString('base64')],
  ['crypto.x509.parse_certificates', join(['root', 'mid'])],
  ['crypto.x509.parse_certificates', keyPem],
  ['crypto.x509.parse_certificates', ''],
  ['crypto.x509.parse_certificates', '?'],
  ['crypto.x509.parse_certificates', 'AAAA'],
  ['crypto.x509.parse_certificates', 1],
  ...PEM_FORMS.map((text): Call => ['crypto.x509.parse_certificates', text]),
  ...CHAINS.flatMap((chain): Call[] => [
    ['crypto.x509.parse_and_verify_certificates', join(chain)],
    ['crypto.x509.parse_and_verify_certificates_with_options', join(chain), { CurrentTime: TIME }],
    ['crypto.x509.parse_and_verify_certificates_with_options', join(chain), { CurrentTime: BEFORE }],
    [
      'crypto.x509.parse_and_verify_certificates_with_options',
      join(chain),
      { CurrentTime: TIME, KeyUsages: ['KeyUsageAny'] },
    ],
  ]),
  ...OPTIONS.map((options): Call => [
    'crypto.x509.parse_and_verify_certificates_with_options',
    join(['root', 'mid', 'leaf']),
    { CurrentTime: TIME, ...options },
  ]),
  ['crypto.x509.parse_and_verify_certificates_with_options', '?', { Other: 1 }],
  ['crypto.x509.parse_and_verify_certificates_with_options', '?', 1],
  ['crypto.x509.parse_certificate_request', request],
  ['crypto.x509.parse_certificate_request', pem('CERTIFICATE REQUEST', request)],
  ['crypto.x509.parse_certificate_request', leafPem],
  ['crypto.x509.parse_certificate_request', Buffer.from(leafPem).toString('base64')],
  ...KEYS.flatMap((key): Call[] => [
    ['crypto.x509.parse_rsa_private_key', key],
    ['crypto.parse_private_keys', key],
  ]),
  ...PAIRS.map((pair): Call => ['crypto.x509.parse_keypair', ...pair]),
];
