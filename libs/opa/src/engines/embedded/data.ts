import { posix } from 'node:path';
import type { ArchiveFiles } from './archive.js';

type Document = Record<string, unknown>;

/**
 * Gives a bundle's data as one JSON text: each `data.json` merged under its folder's path, as OPA does.
 *
 * @throws Error naming the file that can't be used
 */
export function mergeData(files: ArchiveFiles): Buffer {
  const yaml = [...files.keys()].find((path) => /\/data\.ya?ml$/.test(path));
  if (yaml !== undefined) {
    throw new Error(`${yaml} is YAML; "opa build" turns it into JSON, so give the bundle that it makes`);
  }
  const sources = [...files].filter(([path]) => posix.basename(path) === 'data.json');
  const documents = sources.map(([path, text]): [string, unknown] => [path, parse(path, text)]);

  // The usual bundle has one file: its own bytes, so that numbers keep every digit.
  const [only] = sources;
  if (sources.length === 1 && only?.[0] === '/data.json') return only[1];

  const root: Document = {};
  for (const [path, document] of documents) {
    const folders = posix.dirname(path).split('/').filter(Boolean);
    merge(
      root,
      folders.reduceRight((inner, name) => ({ [name]: inner }), document),
      path,
    );
  }
  return Buffer.from(JSON.stringify(root));
}

function parse(path: string, text: Buffer): unknown {
  let document: unknown;
  try {
    document = JSON.parse(text.toString());
  } catch (cause) {
    throw new Error(`${path} is not JSON`, { cause });
  }
  if (path === '/data.json' && !isDocument(document)) {
    throw new Error(`${path} must hold a JSON object`);
  }
  return document;
}

function merge(into: Document, from: unknown, path: string): void {
  for (const [key, value] of Object.entries(from as Document)) {
    const present = Object.hasOwn(into, key) ? into[key] : undefined;
    if (present === undefined) {
      Object.defineProperty(into, key, { value, enumerable: true, writable: true });
    } else if (isDocument(present) && isDocument(value)) {
      merge(present, value, path);
    } else {
      throw new Error(`${path} has "${key}", which another data.json of the bundle has too`);
    }
  }
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
