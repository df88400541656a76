import { posix } from 'node:path';
import { PlanError } from '../error.js';
import { isObject } from '../values/index.js';
import type { Value } from '../values/index.js';
import type { ArchiveFiles } from './archive.js';
import { parseFile } from './parse.js';

type Document = Record<string, unknown>;

const DATA = /^data\.(?:json|ya?ml)$/;

/**
 * Joins the data files of a bundle into one document. As in OPA, the data of a file goes to the path of its folder.
 */
export async function readData(files: ArchiveFiles): Promise<Value> {
  const sources = [...files].filter(([path]) => DATA.test(posix.basename(path)));
  let root: unknown = {};
  for (const [path, bytes] of sources.sort(([a], [b]) => a.length - b.length)) {
    const folders = posix.dirname(path).split('/').filter(Boolean);
    const value = await parseFile(path, bytes);
    const document = folders.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    if (!isObject(document as Value))
      throw new PlanError('INVALID_BUNDLE', `${path} does not hold an object`);
    root = merged(root as Document, document as Document, path);
  }
  return root as Value;
}

function merged(into: Document, from: Document, path: string): Document {
  if (Object.keys(into).length === 0) return from;
  for (const [key, value] of Object.entries(from)) {
    const present = Object.hasOwn(into, key) ? into[key] : undefined;
    const next = present === undefined ? value : mergedValue(present, value, path, key);
    // An assignment would set the prototype for the key "__proto__". A property definition adds an entry.
    Object.defineProperty(into, key, { value: next, enumerable: true, writable: true, configurable: true });
  }
  return into;
}

function mergedValue(into: unknown, from: unknown, path: string, key: string): Document {
  if (isDocument(into) && isDocument(from)) return merged(into, from, path);
  throw new PlanError(
    'INVALID_BUNDLE',
    `${path} has "${key}", which another data file of the bundle has too`,
  );
}

const isDocument = (value: unknown): value is Document => isObject(value as Value);
