import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The two ids of a session. */
export interface Session {
  /** The client's id. Only a gateway with the same key can make it. */
  readonly id: string;
  /** The upstream's id. */
  readonly upstream: string;
}

/** Encrypts the upstream's session ids into ids for clients, and decrypts them. */
export class SessionSeal {
  private readonly key: Buffer;

  /** @param secret - the secret that all replicas of a gateway share; without it, sessions end with the process */
  constructor(secret?: string) {
    const material = secret ?? randomBytes(32);
    this.key = Buffer.from(hkdfSync('sha256', material, '', 'nestjs-opa mcp session', 32));
  }

  /**
   * Makes the client's id of a session: the encrypted id of the upstream. No other subject can use the id.
   *
   * @param bound - the MCP server and the subject, which the seal authenticates
   */
  seal(upstream: string, bound: string): Session {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, iv).setAAD(Buffer.from(bound));
    const text = Buffer.concat([cipher.update(upstream, 'utf8'), cipher.final()]);
    return { id: Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url'), upstream };
  }

  /** Decrypts a client's id. Returns `undefined` when the seal is invalid for this server and subject. */
  open(id: string, bound: string): Session | undefined {
    const sealed = Buffer.from(id, 'base64url');
    // Node's decoder accepts several spellings of the same bytes. The gateway accepts only the spelling that it made.
    if (sealed.length <= IV_BYTES + TAG_BYTES || sealed.toString('base64url') !== id) return undefined;
    const text = sealed.subarray(IV_BYTES + TAG_BYTES);
    const decipher = createDecipheriv(ALGORITHM, this.key, sealed.subarray(0, IV_BYTES))
      .setAAD(Buffer.from(bound))
      .setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      return { id, upstream: decipher.update(text, undefined, 'utf8') + decipher.final('utf8') };
    } catch {
      return undefined;
    }
  }
}
