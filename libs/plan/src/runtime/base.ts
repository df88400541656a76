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

/** A part of base data in which `with` replaced an inner part. */
class BaseObject extends RegoObject {}

/** The arrays that `with` inserted into `data`. */
const detached = new WeakSet<readonly unknown[]>();

/**
 * The value of base data under a key of a reference. OPA uses the text of the key: `data.ports[80]` is the entry
 * `"80"`, and `data.hosts["0"]` is the first item of an array. For values that `with` inserted, OPA uses the key
 * itself.
 */
export function baseGet(base: Value | undefined, key: Value): Value | undefined {
  if (base === undefined) return undefined;
  if (isArray(base)) return get(base, typeof key === 'string' && !detached.has(base) ? indexOf(key) : key);
  return get(base, isNumber(key) && isBaseObject(base) ? numberText(key) : key);
}

const isBaseObject = (value: Value): value is JsonObject | BaseObject =>
  isObject(value) && (!(value instanceof RegoObject) || value instanceof BaseObject);

/**
 * Reads a text as an array index, as OPA does. Returns an index that no array has when the text is not an index. "."
 * is zero.
 */
function indexOf(text: string): number {
  const [, sign = '', digits = ''] = /^([+-]?)(?=.{1,19}$)(\d*)(?:\.0*)?$/.exec(text) ?? [
    undefined,
    '-',
    '1',
  ];
  return sign === '-' ? -Number(digits) : Number(digits);
}

/**
 * Copies `data` with another value at a path, for `with`. Everything beside the path is shared and stays base data.
 */
export function overlay(scope: Scope, data: Value | undefined, path: readonly string[], value: Value): Value {
  // When `with` ends inside a rule, OPA restores the data by another `with`.
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

/** Copies a value, so that `baseGet` does not treat it as base data. */
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
