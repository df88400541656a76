import { setImmediate } from 'node:timers/promises';
import { parseDocument } from 'yaml';
import { PlanError } from '../error.js';
import { jsonReader, numberFromInteger } from '../values/index.js';
import type { Value } from '../values/index.js';

/** Reads a JSON or YAML file of a bundle, or says which file can't be read. */
export async function parseFile(path: string, bytes: Buffer): Promise<Value> {
  try {
    const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
    if (/\.ya?ml$/.test(path)) return parseYaml(text);
    const read = jsonReader(text);
    // Other work of the process runs between the check of a large text and its parsing.
    await setImmediate();
    return read();
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
