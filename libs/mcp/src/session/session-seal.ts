import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A session, as the client and as the upstream know it. */
export interface Session {
  /** The client's id, which only this gateway (or one with the same key) can have made. */
  readonly id: string;
  /** The upstream's id. */
  readonly upstream: string;
}

/** The key that session ids are sealed with. */
export class SessionSeal {
  private readonly key: Buffer;

  /** @param secret - shared by all replicas of a gateway; without one sessions last as long as the process */
  constructor(secret?: string) {
    const material = secret ?? randomBytes(32);
    this.key = Buffer.from(hkdfSync('sha256', material, '', 'nestjs-opa mcp session', 32));
  }

  /**
   * Makes the client's id of a session: the upstream's, encrypted, and good for this subject alone.
   *
   * @param bound - the MCP server and the subject
   */
  seal(upstream: string, bound: string): Session {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, iv).setAAD(Buffer.from(bound));
    const text = Buffer.concat([cipher.update(upstream, 'utf8'), cipher.final()]);
    return { id: Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url'), upstream };
  }

  /** Reads a client's id; `undefined` when it isn't one of this subject's. */
  open(id: string, bound: string): Session | undefined {
    const sealed = Buffer.from(id, 'base64url');
    // One id, one spelling.
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
