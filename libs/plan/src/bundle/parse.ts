import { parseDocument } from 'yaml';
import { PlanError } from '../error.js';
import { fromJson, numberFromInteger } from '../values/index.js';
import type { Value } from '../values/index.js';

/** Reads a JSON or YAML file of a bundle, or says which file can't be read. */
export function parseFile(path: string, bytes: Buffer): Value {
  try {
    const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
    return /\.ya?ml$/.test(path) ? parseYaml(text) : fromJson(text);
  } catch (cause) {
    throw new PlanError('INVALID_BUNDLE', `${path} can't be read: ${(cause as Error).message}`, { cause });
  }
}

function parseYaml(text: string): Value {
  const document = parseDocument(text, { intAsBigInt: true });
  const [error] = document.errors;
  if (error) throw error;
  return document.toJS({ reviver: (_key, value: unknown) => exactInteger(value) }) as Value;
}

/** A number of YAML without a fraction keeps all of its digits. */
const exactInteger = (value: unknown) => (typeof value === 'bigint' ? numberFromInteger(value) : value);
