import { decodeUtf8, ofStrings } from './builtin.js';
import type { Builtins } from './builtin.js';

/** Hexadecimal and unpadded base64url. */
export const encoding: Builtins = {
  'base64url.encode_no_pad': ofStrings((text = '') => Buffer.from(text).toString('base64url')),
  'hex.encode': ofStrings((text = '') => Buffer.from(text).toString('hex')),
  'hex.decode': ofStrings((text = '') =>
    /^(?:[0-9a-f]{2})*$/i.test(text) ? decodeUtf8(Buffer.from(text, 'hex')) : undefined,
  ),
};
