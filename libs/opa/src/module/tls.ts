import { Logger } from '@nestjs/common';
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { IdentitySource } from '../client/index.js';
import { isPromise, OpaError } from '../contracts/index.js';
import type { TlsIdentity } from '../transport/index.js';
import { FreshFile } from '../transport/index.js';
import type { OpaTlsOptions } from './options.js';

const PARTS = ['ca', 'cert', 'key'] as const;
type Pem = string | Buffer | undefined;

/**
 * Makes the source of the TLS identity. A text without a PEM header is the path of a file. The source reads the file
 * again when the file changes. During a rotation the certificate may not match the key yet. Until both match, the
 * source returns the previous identity.
 *
 * @param owner - whose option it is, for messages
 * @returns the identity, or a function that returns the current identity; `undefined` without options
 * @throws OpaError `OPA_BAD_OPTIONS` when a file can't be read, or the certificate does not match the key
 */
export function tlsSource(
  options: OpaTlsOptions | undefined,
  owner = 'OpaModule',
): IdentitySource | undefined {
  if (options === undefined) return undefined;
  const parts = PARTS.map((name) => open(owner, name, options[name]));
  const { servername } = options;
  let previous = parts.map((part) => (part instanceof FreshFile ? part.current : part));
  let identity = identityOf(owner, previous, servername);
  if (!parts.some((part) => part instanceof FreshFile)) return identity;

  const renewed = (read: Pem[]): TlsIdentity => {
    if (read.every((pem, index) => pem === previous[index])) return identity;
    previous = read;
    try {
      identity = identityOf(owner, read, servername);
    } catch (error) {
      new Logger('OpaModule').warn(
        `${(error as OpaError).message} The module keeps using the previous identity.`,
      );
    }
    return identity;
  };
  return () => {
    const read = parts.map((part) => (part instanceof FreshFile ? part.read() : part));
    return read.some(isPromise)
      ? Promise.all(read.map(async (pem) => pem)).then(renewed)
      : renewed(read as Pem[]);
  };
}

function open(owner: string, name: string, value: Pem): Pem | FreshFile {
  if (typeof value !== 'string' || value.includes('-----BEGIN')) return value;
  try {
    return new FreshFile(value);
  } catch (cause) {
    throw new OpaError('OPA_BAD_OPTIONS', `${owner}: the file of option "tls.${name}" can't be read.`, {
      cause,
    });
  }
}

function identityOf(
  owner: string,
  [ca, cert, key]: readonly Pem[],
  servername: string | undefined,
): TlsIdentity {
  try {
    createSecureContext({ ca, cert, key });
    // OpenSSL silently ignores a certificate authority that it can't read.
    if (ca !== undefined) new X509Certificate(ca);
  } catch (cause) {
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      `${owner}: a part of option "tls" is not valid PEM, or "tls.cert" and "tls.key" do not belong together.`,
      {
        cause,
      },
    );
  }
  return { ca, cert, key, servername };
}
