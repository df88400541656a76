import { generate } from 'selfsigned';

/** A certificate and its key, in PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Who signs certificates. */
export interface Authority extends Pair {
  /**
   * Issues a certificate, for servers and clients alike.
   *
   * @param name - its common name
   * @param host - a server's address; a DNS name or, by default, 127.0.0.1
   * @param until - when it expires; in a year by default
   */
  issue(name: string, host?: string, until?: Date): Promise<Pair>;
}

const USUAL = { keyType: 'ec', algorithm: 'sha256' } as const;

const subject = (name: string): { name: string; value: string }[] => [{ name: 'commonName', value: name }];

/** Makes an authority of its own, known to nobody. */
export async function createAuthority(name: string): Promise<Authority> {
  const { cert, private: key } = await generate(subject(name), {
    ...USUAL,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  return { cert, key, issue: (common, host, until) => issue({ cert, key }, common, host, until) };
}

const DAY_MS = 86_400_000;

async function issue(ca: Pair, name: string, host = '127.0.0.1', until?: Date): Promise<Pair> {
  const isAddress = /^[\d.]+$/.test(host);
  const { cert, private: key } = await generate(subject(name), {
    ...USUAL,
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
