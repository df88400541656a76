import type { Value } from '../values/index.js';
import {
  entriesOf,
  get,
  insertInto,
  isArray,
  isObject,
  isSet,
  itemsOf,
  makeObject,
  makeSet,
  RegoObject,
  typeName,
} from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { elementsOf, objectOperand, operandError, operandTypeError } from './operands.js';

/** `json.filter` and `json.remove` */
export const jsonPaths: Builtins = {
  'json.filter': (context, object, paths = null) => {
    const source = objectOperand(object, 1);
    return filter(context, source, pathTree(pathsOperand(paths)));
  },
  'json.remove': (context, object, paths = null) => {
    const source = objectOperand(object, 1);
    return remove(context, source, pathTree(pathsOperand(paths)));
  },
};

/** Reads the keys of a path: a JSON pointer or an array of keys. */
export function parsePath(path: Value): readonly Value[] {
  if (typeof path === 'string') {
    if (path === '') return [];
    return path
      .replace(/^\/+/, '')
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  if (isArray(path)) return elementsOf(path) ?? [];
  const wanted = 'must be one of {set, array} containing string paths or array of path segments';
  throw operandError(2, `${wanted} but got ${typeName(path)}`);
}

function pathsOperand(paths: Value): (readonly Value[])[] {
  const elements = elementsOf(paths);
  if (!elements) throw operandTypeError(2, paths, 'set', 'array');
  return elements.map(parsePath);
}

/** Converts paths to nested objects. A path ends with null. A longer path through such an end is left out. */
function pathTree(paths: readonly (readonly Value[])[]): RegoObject {
  const root = makeObject();
  for (const path of paths) addPath(root, path);
  return root;
}

function addPath(root: RegoObject, path: readonly Value[]): void {
  const last = path.at(-1);
  if (last === undefined) return;
  let node = root;
  for (const key of path.slice(0, -1)) {
    const child = get(node, key);
    if (child === null) return;
    if (child instanceof RegoObject) {
      node = child;
    } else {
      const created = makeObject();
      insertInto(node, key, created);
      node = created;
    }
  }
  insertInto(node, last, null);
}

function filter(context: BuiltinContext, value: Value, tree: Value): Value {
  context.checkDeadline();
  if (tree === null || !(tree instanceof RegoObject)) return value;
  const below = (item: Value, key: Value): Value[] => {
    const subtree = get(tree, key);
    return subtree === undefined ? [] : [filter(context, item, subtree)];
  };
  if (isArray(value)) return elementsOf(value)?.flatMap((item, index) => below(item, index.toString())) ?? [];
  if (isSet(value)) return makeSet(itemsOf(value).flatMap((item) => below(item, item)));
  if (!isObject(value)) return value;
  return makeObject(
    entriesOf(value).flatMap(([key, item]) => below(item, key).map((kept) => [key, kept] as const)),
  );
}

/** Removes the paths from a value. Returns undefined when the whole value is removed. */
function remove(context: BuiltinContext, value: Value, tree: Value | undefined): Value | undefined {
  context.checkDeadline();
  if (tree === null) return undefined;
  if (!(tree instanceof RegoObject)) return value;
  const below = (item: Value, key: Value): Value[] => {
    const kept = remove(context, item, get(tree, key));
    return kept === undefined ? [] : [kept];
  };
  if (isArray(value)) return elementsOf(value)?.flatMap((item, index) => below(item, index.toString())) ?? [];
  if (isSet(value)) return makeSet(itemsOf(value).flatMap((item) => below(item, item)));
  if (!isObject(value)) return value;
  return makeObject(
    entriesOf(value).flatMap(([key, item]) => below(item, key).map((kept) => [key, kept] as const)),
  );
}
