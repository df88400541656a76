import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Builtin, Builtins } from './builtin.js';
import { bytesOf } from './go/bytes.js';
import { stringOperand } from './operands.js';

/** `crypto.*`: hashes and message authentication codes */
export const crypto: Builtins = {
  'crypto.md5': hash('md5'),
  'crypto.sha1': hash('sha1'),
  'crypto.sha256': hash('sha256'),
  'crypto.hmac.md5': hmac('md5'),
  'crypto.hmac.sha1': hmac('sha1'),
  'crypto.hmac.sha256': hmac('sha256'),
  'crypto.hmac.sha512': hmac('sha512'),
  'crypto.hmac.equal': (_context, left, right) => {
    const [a, b] = [bytesOf(stringOperand(left, 1)), bytesOf(stringOperand(right, 2))] as const;
    return a.length === b.length && timingSafeEqual(a, b);
  },
};

function hash(algorithm: string): Builtin {
  return (_context, text) =>
    createHash(algorithm)
      .update(bytesOf(stringOperand(text, 1)))
      .digest('hex');
}

function hmac(algorithm: string): Builtin {
  return (_context, text, key) => {
    const message = bytesOf(stringOperand(text, 1));
    return createHmac(algorithm, bytesOf(stringOperand(key, 2)))
      .update(message)
      .digest('hex');
  };
}
