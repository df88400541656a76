import { setImmediate } from 'node:timers/promises';
import { parseDocument } from 'yaml';
import { PlanError } from '../error.js';
import { jsonReader, numberFromInteger } from '../values/index.js';
import type { Value } from '../values/index.js';

/** Reads a JSON or YAML file of a bundle. The error names the file that cannot be read. */
export async function parseFile(path: string, bytes: Buffer): Promise<Value> {
  try {
    const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
    if (/\.ya?ml$/.test(path)) return parseYaml(text);
    const read = jsonReader(text);
    // The event loop runs between the check and the parsing, because each of them blocks for long when the text is
    // large.
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

/** Keeps all digits of a YAML integer: the package `yaml` reads a large one as a bigint. */
const exactInteger = (value: unknown) => (typeof value === 'bigint' ? numberFromInteger(value) : value);
