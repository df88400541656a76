import { isDeepStrictEqual } from 'node:util';
import { isObject } from './builtin.js';
import type { Builtin } from './builtin.js';
import { BadPatch, insert, lookup, parsePath, remove } from './json-tree.js';

/**
 * `json.patch`: RFC 6902, with paths as JSON pointers or as lists of keys.
 *
 * @remarks Written here, for OPA's paths and indexes aren't quite RFC 6901's. A set in the document becomes an array.
 */
export const jsonPatch: Builtin = (document, operations) => {
  if (!Array.isArray(operations)) return undefined;
  try {
    return operations.reduce<unknown>(applyOne, document);
  } catch (error) {
    if (error instanceof BadPatch) return undefined;
    throw error;
  }
};

function applyOne(document: unknown, operation: unknown): unknown {
  if (!isObject(operation)) throw new BadPatch();
  const path = parsePath(operation['path']);
  switch (operation['op']) {
    case 'add':
      return insert(document, path, required(operation, 'value'));
    case 'remove':
      return remove(document, path);
    case 'replace':
      return insert(remove(document, path), path, required(operation, 'value'));
    case 'move': {
      const from = parsePath(operation['from']);
      const moved = lookup(document, from);
      return insert(remove(document, from), path, moved);
    }
    case 'copy':
      return insert(document, path, lookup(document, parsePath(operation['from'])));
    case 'test':
      if (isDeepStrictEqual(lookup(document, path), required(operation, 'value'))) return document;
      throw new BadPatch();
    default:
      throw new BadPatch();
  }
}

function required(operation: Readonly<Record<string, unknown>>, name: string): unknown {
  if (!Object.hasOwn(operation, name)) throw new BadPatch();
  return operation[name];
}
