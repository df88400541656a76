import { BuiltinError } from '../builtins/builtin.js';
import type { Builtin } from '../builtins/builtin.js';
import { PlanError } from '../error.js';
import { ArithmeticError, equals, get, insertInto, sizeOf } from '../values/index.js';
import type { RegoObject, Value } from '../values/index.js';
import type { Evaluation } from './evaluation.js';

/** A builtin as the generated code calls it: its errors are undefined, unless they are strict. */
export function guarded(name: string, builtin: Builtin): Builtin {
  return (context, ...args) => {
    try {
      return builtin(context, ...args);
    } catch (error) {
      throwIfStrict(context as Evaluation, name, error);
      return undefined;
    }
  };
}

function throwIfStrict(context: Evaluation, name: string, error: unknown): void {
  if (!(error instanceof BuiltinError || error instanceof ArithmeticError)) throw error;
  if (!context.strict) return;
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
