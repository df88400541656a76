import type { Value } from '../../values/index.js';
import { entriesOf, get, isArray, isObject, keyText } from '../../values/index.js';
import { BuiltinError } from '../builtin.js';
import { decodeBase64Url } from '../encoding.js';
import { textOf } from '../go/bytes.js';
import { parseJson } from '../json.js';
import type { ObjectValue } from '../operands.js';
import { elementsOf, stringOperand } from '../operands.js';

/** The three encoded parts of a token. */
export interface TokenParts {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

/** The fields of a header that describe the signature and the payload. */
export interface TokenHeader {
  readonly alg: string;
  readonly kid: string;
  readonly cty: string;
  /** Whether the header has the required fields, and no unknown critical field. */
  readonly isValid: boolean;
}

const TEXT_FIELDS = ['alg', 'kid', 'typ', 'cty'] as const;

/** Splits a token. */
export function splitToken(value: Value | undefined): TokenParts {
  const text = stringOperand(value, 1);
  if (!text.includes('.')) throw new BuiltinError('encoded JWT had no period separators');
  const parts = text.split('.');
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || header === undefined || payload === undefined || signature === undefined) {
    throw new BuiltinError(`encoded JWT must have 3 sections, found ${parts.length}`);
  }
  return { header, payload, signature };
}

/** A part's bytes. */
export function decodePart(part: string, name: string): Buffer {
  try {
    return decodeBase64Url(part);
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    throw new BuiltinError(`JWT ${name} had invalid encoding: ${error.message}`, { cause: error });
  }
}

/** The header as an object. */
export function decodeHeader(parts: TokenParts): ObjectValue {
  const bytes = decodePart(parts.header, 'header');
  const header = jsonObject(textOf(bytes), 'bad JWT header: ');
  if (get(header, 'enc') !== undefined) throw new BuiltinError('JWT is a JWE object, which is not supported');
  return header;
}

/** An object of JSON. */
export function jsonObject(text: string, prefix = ''): ObjectValue {
  let value: Value;
  try {
    value = parseJson(text);
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    throw new BuiltinError(`${prefix}invalid JSON: ${error.message}`, { cause: error });
  }
  if (!isObject(value)) throw new BuiltinError(`${prefix}decoded JSON type was not an Object`);
  return value;
}

/** Checks the fields of a header. */
export function readHeader(header: ObjectValue): TokenHeader {
  const texts = new Map<string, string>();
  const unknown: string[] = [];
  let critical: ReadonlySet<string> = new Set();
  for (const [key, value] of entriesOf(header)) {
    const name = keyText(key);
    if (name === 'crit') {
      critical = criticalFields(value);
    } else if (TEXT_FIELDS.some((field) => field === name)) {
      if (typeof value !== 'string') throw new BuiltinError(`${name}: must be a string`);
      texts.set(name, value);
    } else {
      unknown.push(name);
    }
  }
  const alg = texts.get('alg') ?? '';
  const isValid = alg !== '' && !unknown.some((name) => critical.has(name));
  return { alg, kid: texts.get('kid') ?? '', cty: texts.get('cty') ?? '', isValid };
}

function criticalFields(value: Value): ReadonlySet<string> {
  if (!isArray(value)) throw new BuiltinError('crit: must be a list');
  const elements = elementsOf(value) ?? [];
  const firstOther = elements.findIndex((element) => typeof element !== 'string');
  const fields = new Set(elements.slice(0, firstOther < 0 ? undefined : firstOther).map(String));
  if (fields.size === 0) throw new BuiltinError('crit: must be a nonempty list');
  return fields;
}
