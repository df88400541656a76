import { types } from 'node:util';

/** The marker for a member that an edit removes. */
export const REMOVED = Symbol('removed');

/** The new values of an object's members, by name. {@link REMOVED} marks a removed member. */
export type Changes = Map<string, unknown>;

/** Tells whether an object has a `toJSON()` method. */
export function hasToJson(value: object): boolean {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/**
 * The names of the members that a path can address: members of the object and members of its class.
 *
 * @param named - the wanted names; `*` stands for every member
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
 * Copies an object and changes some members. The copy has the same prototype, accessors and order of members.
 *
 * @remarks For a changed getter or method of the class, the copy gets its own hidden member of the same name. JSON shows
 * neither the class's member nor the hidden member.
 * @returns `undefined` when the copy would not work: a copy has no private fields and no internal slots
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
  // The descriptor that a Proxy returns may lack the member's value.
  return { ...descriptor, value: Reflect.get(value, key) as unknown };
}

function changedMember(value: object, key: string, next: unknown): PropertyDescriptor | undefined {
  const enumerable = Object.prototype.propertyIsEnumerable.call(value, key);
  if (next !== REMOVED) return { ...hidden(next), enumerable };
  // A hidden member covers the class's member of the same name. Otherwise the removed name would show that member.
  return key in ((Object.getPrototypeOf(value) as object | null) ?? {}) ? hidden(next) : undefined;
}

const hidden = (next: unknown): PropertyDescriptor => ({
  value: next === REMOVED ? undefined : next,
  enumerable: false,
  writable: true,
  configurable: true,
});

/** Tells whether the class has a getter that works on the object but throws on the copy. */
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
    const value: unknown = Reflect.get(prototype, key, on);
    // No other code handles a rejection of this promise, so ignore the rejection here.
    if (types.isPromise(value)) value.catch(() => undefined);
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

/** The prototypes of an object, without the last prototype of the chain (`Object.prototype`). */
function classesOf(value: object): object[] {
  const prototypes: object[] = [];
  let prototype = Object.getPrototypeOf(value) as object | null;
  while (prototype !== null) {
    const next = Object.getPrototypeOf(prototype) as object | null;
    if (next !== null) prototypes.push(prototype);
    prototype = next;
  }
  return prototypes;
}
