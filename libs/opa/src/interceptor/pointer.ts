import { OpaError } from '../contracts/index.js';

const POINTER = /^(\/([^~]|~[01])*)?$/u;

/** Takes a JSON Pointer (RFC 6901) apart; a segment `*` stands for every member. */
export function parsePointer(pointer: unknown): string[] {
  if (typeof pointer !== 'string' || !POINTER.test(pointer)) {
    throw new OpaError(
      'OPA_BAD_DECISION',
      `An obligation's path ${JSON.stringify(pointer)} is not a JSON Pointer.`,
    );
  }
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * Changes or removes what a pointer points at, in place.
 *
 * @param change - gives the new value; `undefined` removes the member
 * @returns the document, or its replacement when the pointer is the whole of it
 */
export function changeAt(
  document: unknown,
  [head, ...rest]: readonly string[],
  change: () => unknown,
): unknown {
  if (head === undefined) return change();
  if (typeof document !== 'object' || document === null) return document;
  const keys = head === '*' ? Object.keys(document) : Object.hasOwn(document, head) ? [head] : [];
  // From the end, for a removal moves what comes after it.
  for (const key of keys.reverse()) {
    const members = document as Record<string, unknown>;
    const value = changeAt(members[key], rest, change);
    if (value !== undefined) members[key] = value;
    else if (Array.isArray(document)) document.splice(Number(key), 1);
    else Reflect.deleteProperty(members, key);
  }
  return document;
}
