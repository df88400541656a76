import { readFileSync } from 'node:fs';
import { OpaError } from '../contracts/index.js';
import type { TlsIdentity } from '../transport/index.js';
import type { OpaTlsOptions } from './options.js';

/**
 * Reads a TLS identity; what isn't PEM text is the path of a file.
 *
 * @throws OpaError `OPA_BAD_OPTIONS` when a file can't be read
 */
export function tlsIdentity(options: OpaTlsOptions | undefined): TlsIdentity | undefined {
  if (options === undefined) return undefined;
  const { ca, cert, key, servername } = options;
  return { ca: pem('ca', ca), cert: pem('cert', cert), key: pem('key', key), servername };
}

function pem(name: string, value: string | Buffer | undefined): string | Buffer | undefined {
  if (typeof value !== 'string' || value.includes('-----BEGIN')) return value;
  try {
    return readFileSync(value);
  } catch (cause) {
    throw new OpaError('OPA_BAD_OPTIONS', `OpaModule: the file of option "tls.${name}" can't be read.`, {
      cause,
    });
  }
}
