import type { ResultEdit } from '../../decision/index.js';

const REMOVED = Symbol('removed');

/**
 * Makes the edits of a decision in a document, all at once: each path means the document as it was given, whatever
 * else is removed from it. Of edits of one place a removal wins, then the last mask; an edit of what a mask replaces or
 * a removal takes away has nothing left to do, and a path that leads nowhere changes nothing.
 *
 * @returns a new document, `null` when the whole of it is removed; the given one stays as it is
 */
export function edited(document: unknown, edits: readonly ResultEdit[]): unknown {
  const result = at(document, edits, 0);
  return result === REMOVED ? null : result;
}

function at(value: unknown, edits: readonly ResultEdit[], depth: number): unknown {
  if (edits.length === 0) return value;
  const here = edits.filter(({ path }) => path.length === depth);
  if (here.some((edit) => !('mask' in edit))) return REMOVED;
  const mask = here.at(-1);
  if (mask !== undefined) return mask.mask;
  if (typeof value !== 'object' || value === null) return value;
  const members = byMember(edits, depth);
  const all = members.get('*') ?? [];
  const member = (key: string, old: unknown): unknown =>
    at(old, key === '*' ? all : [...all, ...(members.get(key) ?? [])], depth + 1);
  if (Array.isArray(value))
    return value.map((item, index) => member(String(index), item)).filter((item) => item !== REMOVED);
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, old]) => [key, member(key, old)] as const)
      .filter(([, item]) => item !== REMOVED),
  );
}

function byMember(edits: readonly ResultEdit[], depth: number): Map<string, ResultEdit[]> {
  const members = new Map<string, ResultEdit[]>();
  for (const edit of edits) {
    const key = edit.path[depth] ?? '';
    const known = members.get(key);
    if (known === undefined) members.set(key, [edit]);
    else known.push(edit);
  }
  return members;
}
