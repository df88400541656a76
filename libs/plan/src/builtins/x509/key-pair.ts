import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import type { Value } from '../../values/index.js';
import { attempt } from '../failure.js';
import { GoError } from '../go/error.js';
import type { PemBlock } from '../go/pem.js';
import { certificateValue, parseCertificate } from './certificate.js';
import type { KeyForm } from './private-keys.js';
import { parsePrivateKey, privateKeyValue } from './private-keys.js';
import type { PublicKey } from './public-key.js';

const FORMS: readonly KeyForm[] = ['pkcs1', 'pkcs8', 'sec1'];
const KEY_TYPES = new Set(['rsa', 'ec', 'ed25519']);

/** A certificate with its key, as Go writes `tls.Certificate` in JSON. */
export function keyPairValue(certificates: readonly PemBlock[], keys: readonly PemBlock[]): Value {
  const chain = certificates.filter(({ type }) => type === 'CERTIFICATE').map(({ bytes }) => bytes);
  const [first] = chain;
  if (!first) throw new GoError(missingCertificate(certificates.map(({ type }) => type)));
  const block = keys.find(({ type }) => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY'));
  if (!block) throw new GoError(missingKey(keys.map(({ type }) => type)));
  const leaf = parseCertificate(first);
  const key = parseAnyKey(block.bytes);
  checkMatch(leaf.publicKey, key);
  return {
    Certificate: chain.map((der) => der.toString('base64')),
    Leaf: certificateValue(leaf),
    OCSPStaple: null,
    PrivateKey: privateKeyValue(key),
    SignedCertificateTimestamps: null,
    SupportedSignatureAlgorithms: null,
  };
}

function parseAnyKey(der: Buffer): KeyObject {
  for (const form of FORMS) {
    const key = attempt(() => parsePrivateKey(der, form))?.[0];
    if (key && KEY_TYPES.has(key.asymmetricKeyType ?? '')) return key;
  }
  throw new GoError('tls: failed to parse private key');
}

function checkMatch({ key: publicKey }: PublicKey, privateKey: KeyObject): void {
  if (!publicKey) throw new GoError('tls: unknown public key algorithm');
  if (publicKey.asymmetricKeyType !== privateKey.asymmetricKeyType) {
    throw new GoError('tls: private key type does not match public key type');
  }
  if (!createPublicKey(privateKey).equals(publicKey)) {
    throw new GoError('tls: private key does not match public key');
  }
}

function missingCertificate(types: readonly string[]): string {
  const input = 'in certificate input';
  const [only = ''] = types;
  if (types.length === 0) return `tls: failed to find any PEM data ${input}`;
  if (types.length === 1 && only.endsWith('PRIVATE KEY')) {
    return `tls: failed to find certificate PEM data ${input}, but did find a private key; PEM inputs may have been switched`;
  }
  return `tls: failed to find "CERTIFICATE" PEM block ${input} ${skipped(types)}`;
}

function missingKey(types: readonly string[]): string {
  if (types.length === 0) return 'tls: failed to find any PEM data in key input';
  if (types.length === 1 && types[0] === 'CERTIFICATE') {
    return 'tls: found a certificate rather than a key in the PEM for the private key';
  }
  return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input ${skipped(types)}`;
}

function skipped(types: readonly string[]): string {
  return `after skipping PEM blocks of the following types: [${types.join(' ')}]`;
}
