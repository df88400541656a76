import type { KeyObject } from 'node:crypto';
import { createSecretKey } from 'node:crypto';
import type { Value } from '../../values/index.js';
import { entriesOf, isArray, isNumber, keyText, numberFromInteger, numberText } from '../../values/index.js';
import type { BuiltinContext } from '../builtin.js';
import { BuiltinError } from '../builtin.js';
import { bytesOf } from '../go/bytes.js';
import type { ObjectValue } from '../operands.js';
import { elementsOf } from '../operands.js';
import type { VerificationKey } from './keys.js';
import { verificationKeys } from './keys.js';

/** The constraints on a token. */
export interface Constraints {
  readonly keys?: readonly VerificationKey[];
  readonly secret?: KeyObject;
  readonly alg: string;
  readonly iss: string;
  readonly aud: string;
  /** Nanoseconds since 1970. OPA stores them in a double. */
  readonly time: number;
}

const TEXTS = ['secret', 'alg', 'iss', 'aud'] as const;

/** Reads the constraints of `io.jwt.decode_verify`. */
export function readConstraints(context: BuiltinContext, object: ObjectValue): Constraints {
  const texts = new Map<string, string>();
  let keys: readonly VerificationKey[] | undefined;
  let time: number | undefined;
  for (const [key, value] of entriesOf(object)) {
    const name = keyText(key);
    if (name === 'cert') {
      if (typeof value !== 'string') throw new BuiltinError('cert constraint: must be a string');
      keys = verificationKeys(value);
    } else if (name === 'time') {
      time = timeOf(value);
    } else if (TEXTS.some((text) => text === name)) {
      if (typeof value !== 'string') throw new BuiltinError(`${name} constraint: must be a string`);
      texts.set(name, value);
    } else {
      throw new BuiltinError(`unknown token validation constraint: ${name}`);
    }
  }
  const secret = texts.get('secret') ?? '';
  if (keys && secret !== '') throw new BuiltinError('duplicate key constraints');
  if (!keys && secret === '') throw new BuiltinError('no key constraint');
  return {
    ...(keys ? { keys } : { secret: createSecretKey(bytesOf(secret)) }),
    alg: texts.get('alg') ?? '',
    iss: texts.get('iss') ?? '',
    aud: texts.get('aud') ?? '',
    time: time ?? timeOf(numberFromInteger(context.now)),
  };
}

/** Whether `aud`, one audience or several, contains the required audience. */
export function fitsAudience(audience: Value, wanted: string): boolean {
  if (typeof audience === 'string') return audience === wanted;
  return isArray(audience) && (elementsOf(audience) ?? []).some((element) => element === wanted);
}

function timeOf(value: Value): number {
  if (!isNumber(value)) throw new BuiltinError('token time constraint: must be a number');
  const time = Number(numberText(value));
  if (!Number.isFinite(time)) throw new BuiltinError('token time constraint: unvalid float64');
  if (time < 0) throw new BuiltinError('token time constraint: must not be negative');
  return time;
}
