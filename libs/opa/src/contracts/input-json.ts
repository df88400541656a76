import { types } from 'node:util';
import { isError, OpaError } from './opa-error.js';
import type { Place } from './input-path.js';
import { cycleOf, pathOf } from './input-path.js';

/**
 * Writes an input as JSON; an empty text stands for no input at all (`undefined`).
 *
 * @remarks JSON would silently change some values, and the policy would then decide about a different input. So this
 * function rejects `NaN`, infinities, `undefined` in a list, `BigInt`, `Map` and `Set`. As in JSON, properties that are
 * `undefined` or functions are left out, and `toJSON` is called.
 * @throws OpaError `OPA_BAD_INPUT`. The message names the path of the value that JSON can't hold.
 */
export function inputJson(input: unknown): string {
  if (input === undefined) return '';
  try {
    assertFaithful(input, '', undefined);
    const text = JSON.stringify(input) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    if (error instanceof OpaError) throw error;
    const why = isError(error) ? error.message.split('\n', 1)[0] : 'it failed';
    throw new OpaError('OPA_BAD_INPUT', `The input can't be written as JSON: ${why}.`, { cause: error });
  }
  throw unfaithful(`is a ${typeof input}`, '', undefined);
}

// JSON.stringify fails at about this depth. An input that refers back to itself reaches the limit too.
const MAX_DEPTH = 2_000;

type Key = string | number;

function assertFaithful(value: unknown, key: Key, parent: Place | undefined): void {
  if (typeof value === 'string') return;
  if (typeof value === 'object' && value !== null) return assertFaithfulObject(value, key, parent);
  if (typeof value === 'number' && !Number.isFinite(value)) throw unfaithful(`is ${value}`, key, parent);
  if (typeof value === 'bigint' || typeof value === 'symbol')
    throw unfaithful(`is a ${typeof value}`, key, parent);
}

function assertFaithfulObject(value: object, key: Key, parent: Place | undefined): void {
  const place: Place = { value, key, parent, depth: parent === undefined ? 0 : parent.depth + 1 };
  if (place.depth > MAX_DEPTH) throw tooDeep(place);
  if (Array.isArray(value)) return assertFaithfulList(value, place);
  const plain = isPlain(value);
  if (!plain) {
    if (types.isBoxedPrimitive(value)) return assertFaithful(value.valueOf(), key, parent);
    if (types.isDate(value) && Number.isNaN(value.getTime()))
      throw unfaithful('is an invalid date', key, parent);
  }
  if (hasToJson(value)) return assertFaithfulJson(value.toJSON(String(key)), place);
  if (!plain && (value instanceof Map || value instanceof Set))
    throw unfaithful(`is a ${value instanceof Map ? 'Map' : 'Set'}`, key, parent);
  const members = value as Readonly<Record<string, unknown>>;
  // Most objects are plain, and for..in needs no list of their keys.
  if (plain) for (const name in members) assertFaithful(members[name], name, place);
  else for (const name of Object.keys(members)) assertFaithful(members[name], name, place);
}

// JSON.stringify calls toJSON once. It writes the returned object without a second call, so a Date would become `{}`.
function assertFaithfulJson(value: unknown, { key, parent }: Place): void {
  if (typeof value === 'object' && value !== null && hasToJson(value))
    throw unfaithful('has a toJSON that gives an object with another toJSON', key, parent);
  assertFaithful(value, key, parent);
}

function assertFaithfulList(list: readonly unknown[], place: Place): void {
  for (let i = 0; i < list.length; i += 1) {
    const item = list[i];
    if (item === undefined || typeof item === 'function') throw unfaithful(`is ${typeof item}`, i, place);
    assertFaithful(item, i, place);
  }
}

// An object is plain when its prototype ends the chain. The check compares no identity, so it holds across realms.
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function unfaithful(what: string, key: Key, parent: Place | undefined): OpaError {
  return refused(pathOf(key, parent), `${what}; JSON cannot hold it.`);
}

function tooDeep(place: Place): OpaError {
  const cycle = cycleOf(place);
  if (cycle === undefined)
    return refused(
      pathOf(place.key, place.parent),
      `is nested ${MAX_DEPTH} levels deep; JSON cannot hold it.`,
    );
  return refused(cycle.path, `refers back to ${cycle.to}; JSON cannot hold a cycle.`);
}

function refused(path: string, what: string): OpaError {
  const where = /^input\.subject\b/.test(path)
    ? 'Give option "input.subject" the fields to send, or a function that converts them.'
    : 'Convert it before you put it into the input, or leave it out.';
  return new OpaError('OPA_BAD_INPUT', `${path} ${what} ${where}`);
}
