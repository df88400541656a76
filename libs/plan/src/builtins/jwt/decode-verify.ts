import type { Value } from '../../values/index.js';
import { compareNumbers, get, isNumber, numberFromText } from '../../values/index.js';
import type { BuiltinContext, Builtins } from '../builtin.js';
import { BuiltinError } from '../builtin.js';
import { decodeBase64Url } from '../encoding.js';
import { textOf } from '../go/bytes.js';
import { formatFloat } from '../go/float.js';
import type { Numeric, ObjectValue } from '../operands.js';
import { objectOperand } from '../operands.js';
import type { VerifyOptions } from './algorithms.js';
import { ALGORITHMS, verifySignature } from './algorithms.js';
import type { Constraints } from './constraints.js';
import { fitsAudience, readConstraints } from './constraints.js';
import type { TokenHeader, TokenParts } from './token.js';
import { decodeHeader, decodePart, jsonObject, readHeader, splitToken } from './token.js';
import { candidateKeys } from './verify.js';

const OPTIONS: VerifyOptions = { takesPrivateKeys: true, isLenient: false };
const UNVERIFIED: Value = [false, {}, {}];
const NANOSECONDS = 1_000_000_000;

/** `io.jwt.decode_verify` */
export const jwtDecodeVerify: Builtins = {
  'io.jwt.decode_verify': (context, token, constraints) => {
    const wanted = readConstraints(context, objectOperand(constraints, 2));
    return decodeVerify(context, token, wanted);
  },
};

function decodeVerify(context: BuiltinContext, token: Value | undefined, constraints: Constraints): Value {
  context.checkDeadline();
  const parts = splitToken(token);
  const header = decodeHeader(parts);
  const fields = readHeader(header);
  if (!fields.isValid) return UNVERIFIED;
  if (constraints.alg !== '' && constraints.alg !== fields.alg) return UNVERIFIED;
  if (!isSigned(parts, fields, constraints)) return UNVERIFIED;
  const text = textOf(decodePart(parts.payload, 'payload'));
  if (fields.cty.toUpperCase() === 'JWT') return decodeVerify(context, text, constraints);
  const payload = jsonObject(text);
  return meets(payload, constraints) ? [true, header, payload] : UNVERIFIED;
}

function isSigned(parts: TokenParts, header: TokenHeader, { keys, secret }: Constraints): boolean {
  const signature = decodeBase64Url(parts.signature);
  const algorithm = ALGORITHMS.get(header.alg);
  if (!algorithm) return false;
  const text = `${parts.header}.${parts.payload}`;
  const candidates = keys ? candidateKeys(keys, header).map(({ key }) => key) : secret ? [secret] : [];
  return candidates.some((key) => verifySignature(algorithm, key, text, signature, OPTIONS));
}

function meets(payload: ObjectValue, constraints: Constraints): boolean {
  if (constraints.iss !== '' && get(payload, 'iss') !== constraints.iss) return false;
  const audience = get(payload, 'aud');
  if (audience === undefined ? constraints.aud !== '' : !fitsAudience(audience, constraints.aud))
    return false;
  const now = numberFromText(formatFloat(constraints.time / NANOSECONDS, 'g', -1));
  const expiry = timeClaim(payload, 'exp');
  if (expiry !== undefined && compareNumbers(now, expiry) >= 0) return false;
  const notBefore = timeClaim(payload, 'nbf');
  return notBefore === undefined || compareNumbers(now, notBefore) >= 0;
}

function timeClaim(payload: ObjectValue, name: string): Numeric | undefined {
  const value = get(payload, name);
  if (value === undefined) return undefined;
  if (!isNumber(value)) throw new BuiltinError(`${name} value must be a number`);
  return value;
}
