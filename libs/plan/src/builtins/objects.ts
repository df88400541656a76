import type { Value } from '../values/index.js';
import {
  contains,
  copyObject,
  entriesOf,
  equals,
  fromCaller,
  get,
  insertInto,
  isArray,
  isObject,
  isSet,
  itemsOf,
  keysOf,
  makeObject,
  makeSet,
  sizeOf,
} from '../values/index.js';
import type { RegoObject, RegoSet } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import type { ObjectValue } from './operands.js';
import {
  arrayOperand,
  elementsOf,
  elementTypeError,
  objectOperand,
  OperandError,
  operandTypeError,
} from './operands.js';

/** `object.*` */
export const objects: Builtins = {
  'object.get': (_context, object, key = null, otherwise = null) => {
    const value = at(objectOperand(object, 1), key);
    return value === undefined ? otherwise : value;
  },
  'object.keys': (_context, object) => makeSet(keysOf(objectOperand(object, 1))),
  'object.filter': (_context, object, keys = null) => {
    const source = objectOperand(object, 1);
    const wanted = keySet(keys);
    return makeObject(entriesOf(source).filter(([key]) => contains(wanted, key)));
  },
  'object.remove': (_context, object, keys = null) => {
    const source = objectOperand(object, 1);
    const unwanted = keySet(keys);
    return makeObject(entriesOf(source).filter(([key]) => !contains(unwanted, key)));
  },
  'object.union': (context, left, right) => merge(context, objectOperand(left, 1), objectOperand(right, 2)),
  'object.union_n': (context, objects) => unionOf(context, arrayOperand(objects, 1)),
  'object.subset': (context, whole = null, part = null) => isSubset(context, whole, part),
};

/** The value at a key, or at a path when the key is an array. */
function at(object: ObjectValue, key: Value): Value | undefined {
  if (!isArray(key)) return get(object, key);
  let current: Value | undefined = object;
  for (const step of key) {
    current = current === undefined ? undefined : get(current, fromCaller(step) ?? null);
  }
  return current;
}

function keySet(keys: Value): RegoSet {
  if (isSet(keys)) return keys;
  if (isObject(keys)) return makeSet(keysOf(keys));
  const elements = elementsOf(keys);
  if (!elements) throw operandTypeError(2, keys, 'object', 'set', 'array');
  return makeSet(elements);
}

/** Merges two objects. Objects under the same key are merged; otherwise the right value wins. */
function merge(context: BuiltinContext, left: ObjectValue, right: ObjectValue): RegoObject {
  context.checkDeadline();
  const merged = copyObject(left);
  for (const [key, value] of entriesOf(right)) {
    const other = get(merged, key);
    const isMerge = other !== undefined && isObject(other) && isObject(value);
    insertInto(merged, key, isMerge ? merge(context, other, value) : value);
  }
  return merged;
}

function unionOf(context: BuiltinContext, array: readonly Value[]): Value {
  const objects = (elementsOf(array) ?? []).map((element) => {
    if (!isObject(element)) throw elementTypeError(1, array, element, 'object');
    return element;
  });
  return objects.reduce<ObjectValue>((left, right) => merge(context, left, right), {});
}

function isSubset(context: BuiltinContext, whole: Value, part: Value): boolean {
  if (isObject(whole) && isObject(part)) return isSubobject(context, whole, part);
  const subset = isNestedSubset(context, whole, part);
  if (subset !== undefined) return subset;
  if (isArray(whole) && isSet(part)) return hasAll(whole, part);
  throw new OperandError('both arguments object.subset must be of the same type or array and set');
}

function isNestedSubset(context: BuiltinContext, whole: Value, part: Value): boolean | undefined {
  if (isSet(whole) && isSet(part)) return itemsOf(part).every((item) => contains(whole, item));
  return isArray(whole) && isArray(part) ? isSubarray(context, whole, part) : undefined;
}

function isSubobject(context: BuiltinContext, whole: ObjectValue, part: ObjectValue): boolean {
  context.checkDeadline();
  if (sizeOf(part) > sizeOf(whole)) return false;
  return entriesOf(part).every(([key, value]) => {
    const other = get(whole, key);
    if (other === undefined) return false;
    if (equals(value, other)) return true;
    if (isObject(value) && isObject(other)) return isSubobject(context, other, value);
    return isNestedSubset(context, other, value) === true;
  });
}

/** Whether an array contains another one as a run of elements. */
function isSubarray(context: BuiltinContext, whole: readonly Value[], part: readonly Value[]): boolean {
  for (let start = 0; start + part.length <= whole.length; start++) {
    context.checkDeadline();
    if (part.every((item, index) => sameItem(whole[start + index], item))) return true;
  }
  return false;
}

function sameItem(left: unknown, right: unknown): boolean {
  return equals(fromCaller(left) ?? null, fromCaller(right) ?? null);
}

/** Whether an array has at least as many elements of a set as the set has. As in OPA, repeated elements count. */
function hasAll(whole: readonly Value[], part: RegoSet): boolean {
  const size = sizeOf(part);
  let missing = size;
  return (elementsOf(whole) ?? []).some((item) => {
    if (contains(part, item)) missing--;
    return missing === 0;
  });
}
