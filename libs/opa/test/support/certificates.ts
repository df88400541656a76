import { generate } from 'selfsigned';

/** A certificate and its key, in PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority. */
export interface Authority extends KeyPair {
  /**
   * Issues a certificate, for servers and clients alike.
   *
   * @param name - the common name of the certificate
   * @param host - the address of a server: a DNS name or an IP address. Default: 127.0.0.1
   * @param until - the time at which the certificate expires. Default: in a year
   */
  issue(name: string, host?: string, until?: Date): Promise<KeyPair>;
}

const DEFAULTS = { keyType: 'ec', algorithm: 'sha256' } as const;

const subject = (name: string): { name: string; value: string }[] => [{ name: 'commonName', value: name }];

/** Makes a new authority, which no system trusts. */
export async function createAuthority(name: string): Promise<Authority> {
  const { cert, private: key } = await generate(subject(name), {
    ...DEFAULTS,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  return { cert, key, issue: (common, host, until) => issue({ cert, key }, common, host, until) };
}

const DAY_MS = 86_400_000;

async function issue(ca: KeyPair, name: string, host = '127.0.0.1', until?: Date): Promise<KeyPair> {
  const isAddress = /^[\d.]+$/.test(host);
  const { cert, private: key } = await generate(subject(name), {
    ...DEFAULTS,
    ca,
    ...(until && { notBeforeDate: new Date(until.getTime() - DAY_MS), notAfterDate: until }),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      { name: 'subjectAltName', altNames: [isAddress ? { type: 7, ip: host } : { type: 2, value: host }] },
    ],
  });
  return { cert, key };
}
