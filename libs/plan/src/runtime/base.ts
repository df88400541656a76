import {
  copyObject,
  entriesInAnyOrder,
  fromCaller,
  get,
  insertInto,
  isArray,
  isNumber,
  isObject,
  numberText,
  RegoObject,
  spend,
} from '../values/index.js';
import type { JsonObject, Value } from '../values/index.js';
import type { Scope } from './memo.js';

/** A part of base data that has another part in it, by `with`. */
class BaseObject extends RegoObject {}

/** The arrays that `with` put into data. */
const detached = new WeakSet<readonly unknown[]>();

/**
 * What base data holds under a key of a reference. OPA finds it by the key's text: `data.ports[80]` is the entry
 * `"80"`, and `data.hosts["0"]` the first item of an array. What `with` put there it finds by the key itself.
 */
export function baseGet(base: Value | undefined, key: Value): Value | undefined {
  if (base === undefined) return undefined;
  if (isArray(base)) return get(base, typeof key === 'string' && !detached.has(base) ? indexOf(key) : key);
  return get(base, isNumber(key) && isBaseObject(base) ? numberText(key) : key);
}

const isBaseObject = (value: Value): value is JsonObject | BaseObject =>
  isObject(value) && (!(value instanceof RegoObject) || value instanceof BaseObject);

/** The index that a text is, as OPA reads it, or one that no array has. A point alone is zero. */
function indexOf(text: string): number {
  const [, sign = '', digits = ''] = /^([+-]?)(?=.{1,19}$)(\d*)(?:\.0*)?$/.exec(text) ?? [
    undefined,
    '-',
    '1',
  ];
  return sign === '-' ? -Number(digits) : Number(digits);
}

/** Data with a value put at a path, for `with`. Everything beside the path is shared, and stays base data. */
export function overlay(scope: Scope, data: Value | undefined, path: readonly string[], value: Value): Value {
  // Where `with` ends inside a rule, OPA puts the data back by another `with`.
  if (path.length === 0 && isDataOf(scope, value)) return value;
  return put(data, path, detach(value));
}

function isDataOf(inner: Scope, value: Value): boolean {
  for (let scope: Scope | undefined = inner; scope; scope = scope.outer)
    if (scope.data === value) return true;
  return false;
}

function put(data: Value | undefined, path: readonly string[], value: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const isPut = data instanceof RegoObject && !(data instanceof BaseObject);
  const copy = isPut ? new RegoObject() : new BaseObject();
  if (data !== undefined && isObject(data)) copyObject(data, copy);
  insertInto(copy, key, put(get(copy, key), rest, value));
  return copy;
}

/** A copy of a value that nothing takes for base data. */
function detach(value: Value): Value {
  if (isArray(value)) {
    spend(value.length);
    const items = value.map((item) => detach(fromCaller(item) ?? null));
    detached.add(items);
    return items;
  }
  if (!isObject(value)) return value;
  const copy = new RegoObject();
  for (const [key, item] of entriesInAnyOrder(value)) insertInto(copy, key, detach(item));
  return copy;
}
