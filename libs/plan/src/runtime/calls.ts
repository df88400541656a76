import { BuiltinError } from '../builtins/builtin.js';
import { PlanError } from '../error.js';
import { ArithmeticError, equals, get, insertInto, sizeOf, spend } from '../values/index.js';
import type { RegoObject, Value } from '../values/index.js';
import type { Evaluation } from './evaluation.js';

/** The steps of a call that does little. */
const CALL_STEPS = 4;

/** Takes about the steps of a call that counts none itself. */
export function spendOnCall(first: Value | undefined, second?: Value): void {
  spend(CALL_STEPS + lengthOfList(first) + lengthOfList(second));
}

const lengthOfList = (value: Value | undefined) =>
  typeof value === 'string' || Array.isArray(value) ? value.length >> 2 : 0;

/** What comes of a builtin's failure: it is undefined, unless builtin errors are strict. */
export function failed(context: Evaluation, name: string, error: unknown): undefined {
  if (!(error instanceof BuiltinError || error instanceof ArithmeticError)) throw error;
  if (!context.strict) return undefined;
  const location = context.locationOf(context.site);
  throw new PlanError('BUILTIN_ERROR', `${name}: ${error.message}`, { location, cause: error });
}

/** The error for a document with two values. */
export function conflict(context: Evaluation, site: number): never {
  const location = context.locationOf(site);
  throw new PlanError('CONFLICT', `${location?.rule ?? 'A rule'} produced two different values`, {
    location,
  });
}

/** Puts an entry into an object that may hold it already, with the same value only. */
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

/** How long a collection or a text is. */
export function lengthOf(value: Value | undefined): number {
  if (typeof value === 'string') return Array.from(value).length;
  return typeof value === 'object' && value !== null ? sizeOf(value as Parameters<typeof sizeOf>[0]) : 0;
}
