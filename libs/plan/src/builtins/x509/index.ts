import type { KeyObject } from 'node:crypto';
import type { Value } from '../../values/index.js';
import type { BuiltinContext, Builtins } from '../builtin.js';
import { BuiltinError } from '../builtin.js';
import { attempt, fromGo } from '../failure.js';
import { decodeBase64 } from '../go/base64.js';
import { bytesOf, textOf } from '../go/bytes.js';
import { GoError } from '../go/error.js';
import type { PemBlock } from '../go/pem.js';
import { decodeAllPem, decodePem } from '../go/pem.js';
import { objectOperand, stringOperand } from '../operands.js';
import type { Certificate } from './certificate.js';
import { certificateValue, extendedValue, parseCertificates } from './certificate.js';
import { keyPairValue } from './key-pair.js';
import { readOptions } from './options.js';
import type { KeyForm } from './private-keys.js';
import { jwkValue, parsePrivateKey, privateKeyValue } from './private-keys.js';
import { requestValue } from './request.js';
import type { VerifyOptions } from './verify.js';
import { verifyChain } from './verify.js';

const PEM = '-----BEGIN';
const REQUEST = 'CERTIFICATE REQUEST';

const KEY_FORMS: ReadonlyMap<string, KeyForm> = new Map<string, KeyForm>([
  ['RSA PRIVATE KEY', 'pkcs1'],
  ['PRIVATE KEY', 'pkcs8'],
  ['EC PRIVATE KEY', 'sec1'],
]);

/** `crypto.x509.*` and `crypto.parse_private_keys` */
export const x509: Builtins = {
  'crypto.x509.parse_certificates': (_context, text) => {
    const source = stringOperand(text, 1);
    return fromGo(() => readCertificates(source)).map(extendedValue);
  },
  'crypto.x509.parse_and_verify_certificates': (context, text) => {
    const certificates = certificatesOperand(text);
    return certificates
      ? verified(context, certificates, { host: '', time: context.now, usages: [] }, extendedValue)
      : [false, []];
  },
  'crypto.x509.parse_and_verify_certificates_with_options': (context, text, options) => {
    stringOperand(text, 1);
    const object = objectOperand(options, 2);
    const certificates = certificatesOperand(text);
    return certificates
      ? verified(context, certificates, readOptions(context, object), certificateValue)
      : [false, []];
  },
  'crypto.x509.parse_certificate_request': (_context, text) => {
    const source = stringOperand(text, 1);
    return fromGo(() => requestValue(readRequest(source)));
  },
  'crypto.x509.parse_keypair': (_context, certificate, key) => {
    const [certificateText, keyText] = [stringOperand(certificate, 1), stringOperand(key, 1)];
    return fromGo(() => {
      const certificates = readBlocks(certificateText, 'CERTIFICATE');
      return keyPairValue(certificates, readBlocks(keyText, 'PRIVATE KEY'));
    });
  },
  'crypto.x509.parse_rsa_private_key': (_context, text) => {
    const source = stringOperand(text, 1);
    if (source === '') throw new BuiltinError('input PEM data was empty');
    return fromGo(() => {
      const pem = source.startsWith(PEM) ? source : textOf(decodeBase64(source, 'standard'));
      const [first] = readPrivateKeys(pem);
      return first ? jwkValue(first) : null;
    });
  },
  'crypto.parse_private_keys': (_context, text) => {
    const source = stringOperand(text, 1);
    return source === '' ? null : fromGo(() => readPrivateKeys(source).map(privateKeyValue));
  },
};

function certificatesOperand(text: Value | undefined): readonly Certificate[] | undefined {
  const source = stringOperand(text, 1);
  return attempt(() => readCertificates(source))?.[0];
}

function verified(
  context: BuiltinContext,
  certificates: readonly Certificate[],
  options: VerifyOptions,
  write: (certificate: Certificate) => Value,
): Value {
  const chain = verifyChain(context, certificates, options);
  return chain ? [true, chain.map(write)] : [false, []];
}

/** Certificates in PEM, or in base64 of PEM or of DER. */
function readCertificates(source: string): Certificate[] {
  if (source.startsWith(PEM)) return parseCertificates(certificateBytes(source));
  const bytes = decodeBase64(source, 'standard');
  const text = bytes.toString('latin1');
  return parseCertificates(text.startsWith(PEM) ? certificateBytes(textOf(bytes)) : bytes);
}

function certificateBytes(pem: string): Buffer {
  const blocks = decodeAllPem(pem);
  const other = blocks.find(({ type }) => type !== 'CERTIFICATE');
  if (other) throw new GoError(`PEM block type is '${other.type}', expected CERTIFICATE`);
  return Buffer.concat(blocks.map(({ bytes }) => bytes));
}

function readRequest(source: string): Buffer {
  const isPem = source.startsWith(`${PEM} ${REQUEST}-----`);
  const bytes = isPem ? bytesOf(source) : decodeBase64(source, 'standard');
  const block = decodePem(textOf(bytes))?.[0];
  if (block && block.type !== REQUEST) throw new GoError('invalid PEM-encoded certificate signing request');
  return block?.bytes ?? bytes;
}

/** Blocks of PEM, or one block of DER. Either may be in base64. */
function readBlocks(source: string, type: string): PemBlock[] {
  if (source.startsWith(`${PEM} `)) return decodeAllPem(source);
  const bytes = decodeBase64(source, 'standard');
  const text = textOf(bytes);
  return text.startsWith(`${PEM} `) ? decodeAllPem(text) : [{ type, bytes }];
}

function readPrivateKeys(source: string): KeyObject[] {
  const decoded = attempt(() => textOf(decodeBase64(source, 'standard')))?.[0];
  return decodeAllPem(decoded ?? source).flatMap(({ type, bytes }) => {
    const form = KEY_FORMS.get(type);
    return form === undefined ? [] : [parsePrivateKey(bytes, form)];
  });
}
