import { isDeepStrictEqual, types } from 'node:util';
import { isPromise, OpaError } from '../../contracts/index.js';
import type { ResultEdit } from '../../contexts/index.js';
import type { Changes } from './live-copy.js';
import { copyWith, hasToJson, membersOf, REMOVED } from './live-copy.js';

/**
 * Applies all edits of a decision to a result at once. Each path refers to the original result, before any removal.
 *
 * - When several edits address the same place, a removal wins. Without a removal the last mask wins.
 * - An edit below a masked or removed value has no effect.
 * - An edit whose path leads to no member has no effect.
 *
 * @remarks The function copies only the objects on an edited path, with their prototypes and accessors. A serializer or
 * a GraphQL resolver that reads the result later needs the class of each object. All other objects stay the same. A
 * path through a promise or a method edits the value that the promise or method returns.
 * @returns the edited result; `null` when an edit removes the whole result. The original result never changes
 * @throws OpaError `OPA_BAD_DECISION` with the path of an object that the function can't copy faithfully
 */
export function edited(result: unknown, edits: readonly ResultEdit[]): unknown {
  const copy = at(result, edits, []);
  return copy === REMOVED ? null : copy;
}

type Path = readonly string[];

function at(value: unknown, edits: readonly ResultEdit[], path: Path): unknown {
  if (edits.length === 0) return value;
  const here = edits.filter((edit) => edit.path.length === path.length);
  if (here.some((edit) => !('mask' in edit))) return REMOVED;
  const mask = here.at(-1);
  if (mask !== undefined) return mask.mask;
  if (typeof value === 'function') return editedMethod(value as Method, edits, path);
  if (typeof value !== 'object' || value === null) return value;
  if (isPromise(value)) return value.then((resolved) => editedLater(resolved, edits, path));
  return hasToJson(value) ? editedByJson(value, edits, path) : editedObject(value, edits, path);
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

function editedMethod(method: Method, edits: readonly ResultEdit[], path: Path): Method {
  return function (...args) {
    return editedLater(method.apply(this, args), edits, path);
  };
}

function editedLater(value: unknown, edits: readonly ResultEdit[], path: Path): unknown {
  const copy = at(value, edits, path);
  return copy === REMOVED ? undefined : copy;
}

function editedObject(value: object, edits: readonly ResultEdit[], path: Path): object {
  const byKey = editsByMember(edits, path.length);
  const all = byKey.get('*') ?? [];
  const edit = (key: string, old: unknown): unknown => {
    const named = key === '*' ? [] : (byKey.get(key) ?? []);
    return at(old, [...all, ...named], [...path, key]);
  };
  if (Array.isArray(value)) return editedList(value, edit);
  if ((types.isMap(value) || types.isSet(value)) && value.size > 0) {
    throw notEditable(path, 'it is a Map or a Set, whose entries have no path');
  }
  const changes: Changes = new Map();
  for (const key of membersOf(value, [...byKey.keys()])) {
    const old = (value as Record<string, unknown>)[key];
    const next = edit(key, old);
    if (next !== old) changes.set(key, next);
  }
  if (changes.size === 0) return value;
  const copy = copyWith(value, changes);
  if (copy === undefined) {
    throw notEditable(path, 'its class has private fields or internal state, which a copy would not have');
  }
  return copy;
}

function editedList(
  list: readonly unknown[],
  edit: (key: string, old: unknown) => unknown,
): readonly unknown[] {
  const items = Array.from(list, (item, index) => edit(String(index), item));
  if (items.every((item, index) => item === list[index])) return list;
  const copy = items.filter((item) => item !== REMOVED);
  const prototype = Object.getPrototypeOf(list) as object | null;
  return prototype === Array.prototype ? copy : (Object.setPrototypeOf(copy, prototype) as unknown[]);
}

function editsByMember(edits: readonly ResultEdit[], depth: number): Map<string, ResultEdit[]> {
  const members = new Map<string, ResultEdit[]>();
  for (const edit of edits) {
    const key = edit.path[depth] ?? '';
    const memberEdits = members.get(key);
    if (memberEdits === undefined) members.set(key, [edit]);
    else memberEdits.push(edit);
  }
  return members;
}

// A toJSON() may return other data than the object's members. The JSON of the copy must equal the edited JSON that the
// policy decided.
function editedByJson(value: object, edits: readonly ResultEdit[], path: Path): object {
  const json = jsonOf(value);
  if (typeof json !== 'object' || json === null) return value;
  const copy = editedObject(value, edits, path);
  const expected = edited(json, relative(edits, path.length));
  if (isDeepStrictEqual(jsonOf(copy), asJson(expected))) return copy;
  throw notEditable(path, 'its toJSON() writes other members than it has');
}

const relative = (edits: readonly ResultEdit[], depth: number): ResultEdit[] =>
  edits.map((edit) => ({ ...edit, path: edit.path.slice(depth) }));

/** The JSON document of a value; `undefined` when JSON can't hold the value. */
function jsonOf(value: unknown): unknown {
  try {
    return asJson(value);
  } catch {
    return undefined;
  }
}

function asJson(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : JSON.parse(text);
}

function notEditable(path: Path, why: string): OpaError {
  return new OpaError(
    'OPA_BAD_DECISION',
    `The result can't be edited at ${JSON.stringify(`/${path.join('/')}`)}: ${why}. ` +
      'Return plain data there, or make OpaInterceptor the outermost interceptor of an HTTP handler.',
  );
}
