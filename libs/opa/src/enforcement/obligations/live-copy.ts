import { types } from 'node:util';

/** Stands for a member that an edit removes. */
export const REMOVED = Symbol('removed');

/** The new values of an object's members, {@link REMOVED} among them. */
export type Changes = Map<string, unknown>;

/** Tells whether an object says itself what it is as JSON. */
export function hasToJson(value: object): boolean {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/**
 * The names of an object's members that a path may mean: own ones, and those of its class.
 *
 * @param named - the names that are looked for; `*` stands for every member
 */
export function membersOf(value: object, named: readonly string[]): string[] {
  if (named.includes('*')) {
    const inherited = hasToJson(value) ? [] : inheritedNames(value);
    const every = [
      ...Object.getOwnPropertyNames(value),
      ...inherited,
      ...named.filter((key) => has(value, key)),
    ];
    return [...new Set(every)];
  }
  return named.filter((key) => has(value, key));
}

/**
 * Copies an object with some members changed: prototype, accessors and the order of the members stay.
 *
 * @remarks A member that the class gives (a getter, a method) is covered by one of the copy's own, which JSON doesn't
 * show, as it didn't show the class's.
 * @returns `undefined` when the copy would not work as the object does: private fields and internal slots stay behind
 */
export function copyWith(value: object, changes: Changes): object | undefined {
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as object;
  for (const key of Reflect.ownKeys(value)) {
    const changed = typeof key === 'string' && changes.has(key);
    const descriptor = changed ? changedMember(value, key, changes.get(key)) : ownMember(value, key);
    if (descriptor !== undefined) Object.defineProperty(copy, key, descriptor);
  }
  for (const [key, next] of changes) {
    if (!Object.hasOwn(value, key)) Object.defineProperty(copy, key, hidden(next));
  }
  return brokenGetter(value, copy) ? undefined : copy;
}

function ownMember(value: object, key: string | symbol): PropertyDescriptor | undefined {
  const descriptor = Reflect.getOwnPropertyDescriptor(value, key);
  if (descriptor === undefined || !('value' in descriptor)) return descriptor;
  // A proxy may tell of a member without its value.
  return { ...descriptor, value: Reflect.get(value, key) as unknown };
}

function changedMember(value: object, key: string, next: unknown): PropertyDescriptor | undefined {
  const enumerable = Object.prototype.propertyIsEnumerable.call(value, key);
  if (next !== REMOVED) return { ...hidden(next), enumerable };
  // What the class has under that name must not show up in its place.
  return key in ((Object.getPrototypeOf(value) as object | null) ?? {}) ? hidden(next) : undefined;
}

const hidden = (next: unknown): PropertyDescriptor => ({
  value: next === REMOVED ? undefined : next,
  enumerable: false,
  writable: true,
  configurable: true,
});

/** Looks for a getter of the class that works on the object, and not on its copy. */
function brokenGetter(value: object, copy: object): boolean {
  return classesOf(value).some((prototype) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype)).some(([key, descriptor]) => {
      if (descriptor.get === undefined || Object.hasOwn(copy, key)) return false;
      return !works(prototype, key, copy) && works(prototype, key, value);
    }),
  );
}

function works(prototype: object, key: string, on: object): boolean {
  try {
    const given: unknown = Reflect.get(prototype, key, on);
    // Nobody else would hear of its failure.
    if (types.isPromise(given)) given.catch(() => undefined);
    return true;
  } catch {
    return false;
  }
}

function has(value: object, key: string): boolean {
  return Object.hasOwn(value, key) || classesOf(value).some((prototype) => Object.hasOwn(prototype, key));
}

function inheritedNames(value: object): string[] {
  return classesOf(value)
    .flatMap((prototype) => Object.getOwnPropertyNames(prototype))
    .filter((key) => key !== 'constructor');
}

/** The prototypes of an object, but the last one, which is that of all objects. */
function classesOf(value: object): object[] {
  const found: object[] = [];
  let prototype = Object.getPrototypeOf(value) as object | null;
  while (prototype !== null) {
    const next = Object.getPrototypeOf(prototype) as object | null;
    if (next !== null) found.push(prototype);
    prototype = next;
  }
  return found;
}
