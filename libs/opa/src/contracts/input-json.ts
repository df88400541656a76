import { types } from 'node:util';
import { isError, OpaError } from './error.js';

/**
 * Writes an input as JSON; an empty text stands for no input at all (`undefined`).
 *
 * @remarks What JSON would change on the way is refused, for the policy would decide about something else: `NaN`,
 * infinities, `undefined` in a list, `BigInt`, `Map`, `Set`. As in JSON, properties that are `undefined` or
 * functions are left out, and `toJSON` is honoured.
 * @throws OpaError `OPA_BAD_INPUT`
 */
export function inputJson(input: unknown): string {
  if (input === undefined) return '';
  try {
    assertFaithful(input, 'input', 0);
    const text = JSON.stringify(input) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    if (error instanceof OpaError) throw error;
    throw badInput(isError(error) ? error.message.split('\n', 1)[0] : 'it failed', error);
  }
  throw badInput(`a ${typeof input} has no JSON form`);
}

// Deeper than JSON.stringify can go itself; a cycle gets here as well.
const MAX_DEPTH = 2_000;

function assertFaithful(value: unknown, path: string, depth: number): void {
  if (typeof value === 'string') return;
  if (typeof value === 'object' && value !== null) return assertFaithfulObject(value, path, depth);
  if (typeof value === 'number' && !Number.isFinite(value)) throw badInput(`${path} is ${value}`);
  if (typeof value === 'bigint' || typeof value === 'symbol') throw badInput(`${path} is a ${typeof value}`);
}

function assertFaithfulObject(value: object, path: string, depth: number): void {
  if (depth > MAX_DEPTH) throw badInput('it is cyclic, or nested too deeply');
  if (Array.isArray(value)) return assertFaithfulList(value, path, depth);
  const plain = isPlain(value);
  if (!plain) {
    if (types.isBoxedPrimitive(value)) return assertFaithful(value.valueOf(), path, depth + 1);
    if (types.isDate(value) && Number.isNaN(value.getTime())) throw badInput(`${path} is an invalid date`);
  }
  if (hasToJson(value)) return assertFaithful(value.toJSON(path), path, depth + 1);
  if (!plain && (value instanceof Map || value instanceof Set))
    throw badInput(`${path} is a ${value.constructor.name}`);
  const members = value as Readonly<Record<string, unknown>>;
  // Most objects are plain, and of those this needs no list of keys.
  if (plain) for (const key in members) assertFaithful(members[key], key, depth + 1);
  else for (const key of Object.keys(members)) assertFaithful(members[key], key, depth + 1);
}

function assertFaithfulList(list: readonly unknown[], path: string, depth: number): void {
  for (let i = 0; i < list.length; i += 1) {
    const item = list[i];
    if (item === undefined || typeof item === 'function') throw badInput(`${path}[${i}] is ${typeof item}`);
    assertFaithful(item, path, depth + 1);
  }
}

// Its prototype is the last one, of whatever realm, so that it is no built-in and inherits nothing of anybody's.
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function badInput(why = 'it failed', cause?: unknown): OpaError {
  return new OpaError('OPA_BAD_INPUT', `The input can't be written as JSON: ${why}.`, { cause });
}
