import { isObject } from './builtin.js';

/** A patch that can't be applied. */
export class BadPatch extends Error {}

/** Keys and indexes that lead to a place in a document. */
export type Path = readonly unknown[];

/** Reads a path: a pointer, whose leading slash may be missing, or a list of keys. */
export function parsePath(path: unknown): Path {
  if (Array.isArray(path)) return path;
  if (typeof path !== 'string') throw new BadPatch();
  if (path === '') return [];
  const segments = path.replace(/^\/+/, '').split('/');
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Gives what is at a path. `undefined` stands for a root that was removed, and has nothing. */
export function lookup(document: unknown, path: Path): unknown {
  if (document === undefined) throw new BadPatch();
  return path.reduce(child, document);
}

/** Gives the document with a value put at a path; in an array what follows moves up. */
export function insert(document: unknown, path: Path, value: unknown): unknown {
  return edit(document, path, value, (parent, key) => {
    if (Array.isArray(parent))
      return (parent as unknown[]).toSpliced(indexOf(parent, key, parent.length), 0, value);
    if (!isObject(parent)) throw new BadPatch();
    return withKey(parent, key, value);
  });
}

/** Gives the document without what is at a path. */
export function remove(document: unknown, path: Path): unknown {
  return edit(document, path, undefined, (parent, key) => {
    child(parent, key);
    if (Array.isArray(parent))
      return (parent as unknown[]).toSpliced(indexOf(parent, key, parent.length - 1), 1);
    return Object.fromEntries(Object.entries(parent as object).filter(([name]) => name !== key));
  });
}

/** Rebuilds the containers along a path, the last of them by `change`; the empty path gives `root`. */
function edit(
  node: unknown,
  path: Path,
  root: unknown,
  change: (parent: unknown, key: unknown) => unknown,
): unknown {
  if (path.length === 0) return root;
  const [key, ...rest] = path;
  if (rest.length === 0) return change(node, key);
  const edited = edit(child(node, key), rest, root, change);
  if (Array.isArray(node)) return node.with(indexOf(node, key, node.length - 1), edited);
  return withKey(node as object, key, edited);
}

function child(node: unknown, key: unknown): unknown {
  if (Array.isArray(node)) return node[indexOf(node, key, node.length - 1)];
  if (!isObject(node) || typeof key !== 'string' || !Object.hasOwn(node, key)) throw new BadPatch();
  return node[key];
}

function withKey(object: object, key: unknown, value: unknown): object {
  if (typeof key === 'string') return { ...object, [key]: value };
  throw new TypeError('json.patch takes, in the embedded engine, no keys of an object but strings');
}

/** Gives a key as an index up to `last`; `-` is the one behind the last item. */
function indexOf(list: readonly unknown[], key: unknown, last: number): number {
  let index = key;
  if (key === '-') index = list.length;
  else if (typeof key === 'string' && /^(?:0|[+-]?[1-9]\d*|[+-]0+)$/.test(key)) index = Number(key);
  if (!Number.isInteger(index) || (index as number) < 0 || (index as number) > last) throw new BadPatch();
  return index as number;
}
