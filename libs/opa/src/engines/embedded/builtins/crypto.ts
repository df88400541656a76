import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ofStrings } from './builtin.js';
import type { Builtin, Builtins } from './builtin.js';

const hash = (algorithm: string): Builtin =>
  ofStrings((text = '') => createHash(algorithm).update(text).digest('hex'));

const hmac = (algorithm: string): Builtin =>
  ofStrings((text = '', key = '') => createHmac(algorithm, key).update(text).digest('hex'));

/** Digests of text, in hexadecimal. */
export const crypto: Builtins = {
  'crypto.md5': hash('md5'),
  'crypto.sha1': hash('sha1'),
  'crypto.sha256': hash('sha256'),
  'crypto.hmac.md5': hmac('md5'),
  'crypto.hmac.sha1': hmac('sha1'),
  'crypto.hmac.sha256': hmac('sha256'),
  'crypto.hmac.sha512': hmac('sha512'),
  'crypto.hmac.equal': ofStrings((left = '', right = '') => {
    const [a, b] = [Buffer.from(left), Buffer.from(right)];
    return a.byteLength === b.byteLength && timingSafeEqual(a, b);
  }),
};
