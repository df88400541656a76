import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { BinaryLike } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts texts and authenticates them, with a key of its own for each purpose. */
export class Seal {
  private readonly key: Buffer;

  /**
   * @param secret - the secret from which the key is derived
   * @param purpose - a text of one purpose can't be decrypted for another
   */
  constructor(secret: BinaryLike, purpose: string) {
    this.key = Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));
  }

  /** @param bound - the place of the text, which the seal authenticates: no other place can use the sealed text */
  seal(text: string, bound: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, iv).setAAD(Buffer.from(bound));
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64url');
  }

  /** Decrypts a sealed text. Returns `undefined` when the seal is invalid for this place. */
  open(text: string, bound: string): string | undefined {
    const sealed = Buffer.from(text, 'base64url');
    // Node's decoder accepts several spellings of the same bytes. The gateway accepts only the spelling that it made.
    if (sealed.length < IV_BYTES + TAG_BYTES || sealed.toString('base64url') !== text) return undefined;
    const decipher = createDecipheriv(ALGORITHM, this.key, sealed.subarray(0, IV_BYTES))
      .setAAD(Buffer.from(bound))
      .setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      return (
        decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      );
    } catch {
      return undefined;
    }
  }
}
