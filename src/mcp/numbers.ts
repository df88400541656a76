import { randomUUID } from 'node:crypto';
import { numbersIn } from 'nestjs-opa/mcp';
import { isObject } from './era.js';

/** Stands before a number in a document that has it as a text; nobody outside can know it. */
const MARK = `number:${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');

/** The containers of a document, and the same ones with marked numbers. */
type Twins = Map<unknown, unknown>;

/**
 * Writes a message that a policy has changed, its numbers as the server wrote them: JavaScript can't hold each of them.
 *
 * @param text - the message as it came
 * @param message - the same, parsed
 * @param changed - what to write: its untouched parts are the parsed message's own, or stand where they stood there
 */
export function written(text: string, message: unknown, changed: unknown): string {
  const marked = withMarks(text);
  if (marked === text) return JSON.stringify(changed);
  const twins: Twins = new Map();
  pair(message, JSON.parse(marked), twins);
  return JSON.stringify(restored(changed, message, twins)).replace(MARKED, '$1');
}

// Numbers that JavaScript writes just so need no mark.
function withMarks(text: string): string {
  let marked = '';
  let done = 0;
  for (const { token, index } of numbersIn(text)) {
    if (String(Number(token)) === token) continue;
    marked += `${text.slice(done, index)}"${MARK}${token}"`;
    done = index + token.length;
  }
  return marked + text.slice(done);
}

function pair(value: unknown, twin: unknown, twins: Twins): void {
  if (typeof value !== 'object' || value === null) return;
  twins.set(value, twin);
  for (const [key, member] of Object.entries(value)) pair(member, (twin as Fields)[key], twins);
}

function restored(changed: unknown, original: unknown, twins: Twins): unknown {
  if (twins.has(changed)) return twins.get(changed);
  const twin = (twins.get(original) ?? {}) as Fields;
  const member = (value: unknown, key: number | string): unknown => {
    const before = (original as Fields | undefined)?.[key];
    return typeof value === 'number' && value === before ? twin[key] : restored(value, before, twins);
  };
  if (Array.isArray(changed)) {
    // Where items were removed, nobody can tell which stood where.
    const same = Array.isArray(original) && original.length === changed.length;
    return changed.map((value, index) => (same ? member(value, index) : restored(value, undefined, twins)));
  }
  if (!isObject(changed)) return changed;
  return Object.fromEntries(Object.entries(changed).map(([key, value]) => [key, member(value, key)]));
}

type Fields = Readonly<Record<string | number, unknown>>;
