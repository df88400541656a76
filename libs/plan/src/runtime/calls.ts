import { BuiltinError } from '../builtins/builtin.js';
import { PlanError } from '../error.js';
import { ArithmeticError, equals, get, insertInto, sizeOf, spend } from '../values/index.js';
import type { RegoObject, Value } from '../values/index.js';
import type { Evaluation } from './evaluation.js';

/** The steps of a short call. */
const CALL_STEPS = 4;

/** Uses the approximate steps of a builtin that does not count its own steps. */
export function spendOnCall(first: Value | undefined, second?: Value): void {
  spend(CALL_STEPS + lengthOfList(first) + lengthOfList(second));
}

const lengthOfList = (value: Value | undefined) =>
  typeof value === 'string' || Array.isArray(value) ? value.length >> 2 : 0;

/** Handles the error of a builtin. The expression is undefined, unless builtin errors are strict. */
export function failed(context: Evaluation, name: string, error: unknown): undefined {
  if (!(error instanceof BuiltinError || error instanceof ArithmeticError)) throw error;
  if (!context.strict) return undefined;
  const location = context.locationOf(context.site);
  throw new PlanError('BUILTIN_ERROR', `${name}: ${error.message}`, { location, cause: error });
}

/** Throws the error for a document with two values. */
export function conflict(context: Evaluation, site: number): never {
  const location = context.locationOf(site);
  throw new PlanError('CONFLICT', `${location?.rule ?? 'A rule'} produced two different values`, {
    location,
  });
}

/** Inserts an entry into an object. Another value under the same key is a conflict. */
export function insertOnce(
  context: Evaluation,
  object: RegoObject,
  key: Value,
  value: Value,
  site: number,
): void {
  const other = get(object, key);
  if (other === undefined) insertInto(object, key, value);
  else if (!equals(other, value)) conflict(context, site);
}

/** The length of a collection or a string. */
export function lengthOf(value: Value | undefined): number {
  if (typeof value === 'string') return Array.from(value).length;
  return typeof value === 'object' && value !== null ? sizeOf(value as Parameters<typeof sizeOf>[0]) : 0;
}
