import type { Value } from '../../values/index.js';
import { get } from '../../values/index.js';
import type { BuiltinContext, Builtins } from '../builtin.js';
import { BuiltinError } from '../builtin.js';
import { textOf } from '../go/bytes.js';
import { decodeHeader, decodePart, jsonObject, splitToken } from './token.js';

/** `io.jwt.decode` */
export const jwtDecode: Builtins = {
  'io.jwt.decode': (context, token) => decode(context, token),
};

/** Header, payload and signature. If the payload is a token, the result is that of the inner token. */
function decode(context: BuiltinContext, token: Value | undefined): Value {
  context.checkDeadline();
  const parts = splitToken(token);
  const header = decodeHeader(parts);
  const payload = textOf(decodePart(parts.payload, 'payload'));
  const contentType = get(header, 'cty');
  if (contentType !== undefined && typeof contentType !== 'string') {
    throw new BuiltinError('cty: must be a string');
  }
  if (contentType === 'JWT') return decode(context, payload.replace(/^["']+|["']+$/g, ''));
  const body = jsonObject(payload);
  return [header, body, decodePart(parts.signature, 'signature').toString('hex')];
}
