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
  if (typeof value === 'object' && value !== null) return assertFaithfulObject(value, path, depth);
  if (typeof value === 'number' && !Number.isFinite(value)) throw badInput(`${path} is ${value}`);
  if (typeof value === 'bigint' || typeof value === 'symbol') throw badInput(`${path} is a ${typeof value}`);
}

function assertFaithfulObject(value: object, path: string, depth: number): void {
  if (depth > MAX_DEPTH) throw badInput('it is cyclic, or nested too deeply');
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      const item: unknown = value[i];
      if (item === undefined || typeof item === 'function') throw badInput(`${path}[${i}] is ${typeof item}`);
      assertFaithful(item, path, depth + 1);
    }
    return;
  }
  if (types.isBoxedPrimitive(value)) return assertFaithful(value.valueOf(), path, depth + 1);
  if (types.isDate(value) && Number.isNaN(value.getTime())) throw badInput(`${path} is an invalid date`);
  if (hasToJson(value)) return assertFaithful(value.toJSON(path), path, depth + 1);
  if (value instanceof Map || value instanceof Set) throw badInput(`${path} is a ${value.constructor.name}`);
  for (const key of Object.keys(value)) {
    assertFaithful((value as Record<string, unknown>)[key], key, depth + 1);
  }
}

function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function badInput(why = 'it failed', cause?: unknown): OpaError {
  return new OpaError('OPA_BAD_INPUT', `The input can't be written as JSON: ${why}.`, { cause });
}
