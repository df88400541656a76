import { Logger } from '@nestjs/common';
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { IdentitySource } from '../client/index.js';
import { isPromise, messageOf, OpaError } from '../contracts/index.js';
import type { TlsIdentity } from '../transport/index.js';
import { FreshFile, openFile } from '../transport/index.js';
import type { OpaTlsOptions } from './options.js';

const PARTS = ['ca', 'cert', 'key'] as const;
type Pem = string | Buffer | undefined;
/** How long a certificate and its key may not fit together before the source warns, in milliseconds. */
const ROTATION_MS = 5_000;

/**
 * Makes the source of the TLS identity. A text without a PEM header is the path of a file. The source reads the file
 * again when the file changes. During a rotation the certificate may not match the key yet. Until both match, the
 * source returns the previous identity. It warns once when they still don't match after five seconds.
 *
 * @param owner - whose option it is, for messages
 * @param context - the context of log lines
 * @returns the identity, or a function that returns the current identity; `undefined` without options
 * @throws OpaError `OPA_BAD_OPTIONS` when a file can't be read, or the certificate does not match the key
 */
export function tlsSource(
  options: OpaTlsOptions | undefined,
  owner = 'OpaModule',
  context = 'OpaModule',
): IdentitySource | undefined {
  if (options === undefined) return undefined;
  const parts = PARTS.map((name) => open(`${owner}, option "tls.${name}"`, options[name], context));
  const { servername } = options;
  let previous = parts.map((part) => (part instanceof FreshFile ? part.current : part));
  let identity = identityOf(owner, previous, servername);
  if (!parts.some((part) => part instanceof FreshFile)) return identity;

  let mismatch: Mismatch | undefined;
  const renewed = (read: Pem[]): TlsIdentity => {
    if (read.some((pem, index) => pem !== previous[index])) {
      previous = read;
      try {
        identity = identityOf(owner, read, servername);
        mismatch = undefined;
      } catch (error) {
        mismatch = {
          message: messageOf(error),
          since: mismatch?.since ?? performance.now(),
          isReported: false,
        };
      }
    }
    if (mismatch?.isReported === false && performance.now() - mismatch.since >= ROTATION_MS) {
      mismatch.isReported = true;
      new Logger(context).warn(`${mismatch.message} The module keeps using the previous identity.`);
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

/** Files that can't be used together. */
interface Mismatch {
  readonly message: string;
  /** When the source first read such files, as `performance.now()` gives it. */
  readonly since: number;
  isReported: boolean;
}

function open(owner: string, value: Pem, context: string): Pem | FreshFile {
  if (typeof value !== 'string' || value.includes('-----BEGIN')) return value;
  return openFile(value, owner, context);
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
