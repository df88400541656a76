import type { RegoSet, Value } from '../values/index.js';
import {
  addToSet,
  copyObject,
  entriesOf,
  equals,
  get,
  insertInto,
  isArray,
  isNumber,
  isObject,
  isSet,
  itemsOf,
  makeObject,
  makeSet,
  mapKey,
  numberFromText,
  RegoObject,
  typeName,
} from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { parsePath } from './json-paths.js';
import type { ObjectValue } from './operands.js';
import { arrayOperand, elementsOf, int64Of } from './operands.js';
import { termText } from './term-text.js';

/** `json.patch` */
export const jsonPatch: Builtins = {
  'json.patch': (context, target = null, operations) => {
    const editor = new Editor(context, target);
    for (const operation of elementsOf(arrayOperand(operations, 2)) ?? []) {
      context.checkDeadline();
      apply(editor, operation);
    }
    return editor.document;
  },
};

type Path = readonly Value[];

function apply(editor: Editor, operation: Value): void {
  if (!isObject(operation)) {
    throw new BuiltinError(
      'must be an array of JSON-Patch objects, but at least one element is not an object',
    );
  }
  const pathValue = attribute(operation, 'path');
  const name = attribute(operation, 'op');
  if (typeof name !== 'string') {
    throw new BuiltinError(`attribute 'op' must be a string but found: ${typeName(name)}`);
  }
  const path = parsePath(pathValue);
  switch (name) {
    case 'add':
      editor.insert(path, attribute(operation, 'value'));
      break;
    case 'remove':
      editor.remove(path);
      break;
    case 'replace':
      editor.remove(path);
      editor.insert(path, attribute(operation, 'value'));
      break;
    case 'move': {
      const from = parsePath(attribute(operation, 'from'));
      const value = editor.read(from);
      editor.remove(from);
      editor.insert(path, value);
      break;
    }
    case 'copy':
      editor.insert(path, editor.read(parsePath(attribute(operation, 'from'))));
      break;
    case 'test':
      test(editor.read(path), attribute(operation, 'value'));
      break;
    default:
      throw new BuiltinError(`unrecognized op: '${name}'`);
  }
}

function attribute(operation: ObjectValue, name: string): Value {
  const value = get(operation, name);
  if (value === undefined) throw new BuiltinError(`missing required attribute '${name}'`);
  return value;
}

function test(actual: Value, expected: Value): void {
  if (equals(actual, expected)) return;
  const found = termText(actual);
  throw new BuiltinError(
    `value from EditTree != patch value.\n\nExpected: ${termText(expected)}\n\nFound: ${found}`,
  );
}

/** The state of an edited array, as OPA stores it. */
interface ArrayState {
  /** The elements before all edits. */
  readonly original: readonly Value[];
  /** Which elements an operation has inserted or entered. */
  readonly isEdited: boolean[];
}

/** Edits a document. It copies only the levels that an operation changes. */
class Editor {
  /** The arrays, objects and sets that this editor created and may change. */
  readonly #own = new WeakSet();
  readonly #arrays = new WeakMap<object, ArrayState>();

  constructor(
    readonly context: BuiltinContext,
    /** The document. Undefined after the root was removed. */
    public document: Value | undefined,
  ) {}

  read(path: Path): Value {
    let found: Value = null;
    this.document = this.#unfold(this.#root(), path, 0, (value) => {
      found = value;
      return value;
    });
    return this.#render(found);
  }

  insert(path: Path, value: Value): void {
    const last = path.at(-1);
    this.document =
      last === undefined
        ? value
        : this.#unfold(this.#root(), path.slice(0, -1), 0, (parent) => this.#insertAt(parent, last, value));
  }

  remove(path: Path): void {
    const last = path.at(-1);
    const root = this.#root();
    this.document =
      last === undefined
        ? undefined
        : this.#unfold(root, path.slice(0, -1), 0, (parent) => this.#removeAt(parent, last));
  }

  #root(): Value {
    if (this.document === undefined)
      throw new BuiltinError('deleted node encountered during insert operation');
    return this.document;
  }

  /** A copy that later edits don't change. */
  #render(value: Value): Value {
    if (value === null || typeof value !== 'object' || !this.#own.has(value)) return value;
    if (isArray(value)) return value.map((item) => this.#render(item));
    if (isSet(value)) return makeSet(itemsOf(value).map((item) => this.#render(item)));
    if (!isObject(value)) return value;
    return makeObject(entriesOf(value).map(([key, item]) => [key, this.#render(item)] as const));
  }

  /** Changes the value at a path. */
  #unfold(value: Value, path: Path, depth: number, change: (value: Value) => Value): Value {
    const key = path[depth];
    if (key === undefined) return change(value);
    if (isArray(value)) {
      const array = this.#ownArray(value);
      const index = this.#editedIndex(array, key);
      array[index] = this.#unfold(array[index] ?? null, path, depth + 1, change);
      return array;
    }
    const child = get(value, key);
    if (child === undefined || (!isSet(value) && !isObject(value))) throw missing(key);
    const edited = this.#unfold(child, path, depth + 1, change);
    if (edited === child) return value;
    if (!isSet(value)) return this.#insertAt(value, key, edited);
    const set = this.#ownSet(value);
    set.items.delete(mapKey(child));
    addToSet(set, edited);
    return set;
  }

  /**
   * The index of an element that an operation enters. OPA reads an untouched element at this index from the original
   * array, even when an insertion or a removal has moved the elements.
   */
  #editedIndex(array: Value[], key: Value): number {
    const index = indexOf(array, key);
    const state = this.#arrays.get(array);
    if (!state || index < 0 || index >= array.length) throw missing(key);
    if (state.isEdited[index] !== true) {
      const original = state.original[index];
      if (original === undefined) throw missing(key);
      array[index] = original;
      state.isEdited[index] = true;
    }
    return index;
  }

  #insertAt(parent: Value, key: Value, value: Value): Value {
    if (isArray(parent)) {
      const index = indexOf(parent, key);
      if (index < 0 || index > parent.length)
        throw new BuiltinError('index for array insertion out of bounds');
      const array = this.#ownArray(parent);
      array.splice(index, 0, value);
      this.#arrays.get(array)?.isEdited.splice(index, 0, true);
      return array;
    }
    if (isSet(parent)) {
      if (!equals(key, value)) {
        throw new BuiltinError(
          `set key ${termText(key)} does not equal value to be inserted ${termText(value)}`,
        );
      }
      const set = this.#ownSet(parent);
      addToSet(set, value);
      return set;
    }
    if (!isObject(parent)) throw notComposite(parent);
    const object = this.#ownObject(parent);
    insertInto(object, key, value);
    return object;
  }

  #removeAt(parent: Value, key: Value): Value {
    if (isArray(parent)) {
      const index = indexOf(parent, key);
      if (index < 0 || index >= parent.length) throw new BuiltinError('index for array delete out of bounds');
      const array = this.#ownArray(parent);
      array.splice(index, 1);
      this.#arrays.get(array)?.isEdited.splice(index, 1);
      return array;
    }
    if (!isObject(parent) && !isSet(parent)) throw notComposite(parent);
    if (get(parent, key) === undefined) throw missing(key);
    if (isSet(parent)) {
      const set = this.#ownSet(parent);
      set.items.delete(mapKey(key));
      set.sorted = undefined;
      return set;
    }
    const object = this.#ownObject(parent);
    object.values.delete(mapKey(key));
    object.keys?.delete(mapKey(key));
    object.sorted = undefined;
    return object;
  }

  #ownArray(array: readonly Value[]): Value[] {
    if (this.#own.has(array)) return array as Value[];
    const original = elementsOf(array) ?? [];
    const copy = [...original];
    this.#own.add(copy);
    this.#arrays.set(copy, { original, isEdited: original.map(() => false) });
    return copy;
  }

  #ownSet(set: RegoSet): RegoSet {
    if (this.#own.has(set)) return set;
    const copy = makeSet(itemsOf(set));
    this.#own.add(copy);
    return copy;
  }

  #ownObject(object: ObjectValue): RegoObject {
    if (object instanceof RegoObject && this.#own.has(object)) return object;
    const copy = copyObject(object);
    this.#own.add(copy);
    return copy;
  }
}

/** The index for a key of a path: a number, its text without leading zeros, or `-` for the end. */
function indexOf(array: readonly Value[], key: Value): number {
  if (key === '-') return array.length;
  if (typeof key !== 'string' && !isNumber(key)) throw new BuiltinError('invalid type for indexing');
  if (typeof key === 'string' && key !== '0' && key.startsWith('0')) {
    throw new BuiltinError('leading zeros are not allowed in JSON paths');
  }
  const index = typeof key === 'string' ? int64OfText(key) : int64Of(key);
  if (index === undefined) throw new BuiltinError('invalid string for indexing');
  return Number(index);
}

function int64OfText(text: string): bigint | undefined {
  return /^[+-]?\d+(?:\.0*)?$/.test(text) ? int64Of(numberFromText(text.replace(/\.0*$/, ''))) : undefined;
}

function missing(key: Value): BuiltinError {
  return new BuiltinError(`path ${termText(key)} does not exist`);
}

function notComposite(value: Value): BuiltinError {
  return new BuiltinError(`expected composite type, found value: ${termText(value)}`);
}
