import type { GenericSchema } from 'valibot';
import { custom, literal, minLength, minValue, never, objectWithRest } from 'valibot';
import { picklist, pipe, safeParse, string, union } from 'valibot';
import { OpaError } from './opa-error.js';

// The message of each schema says what the option accepts: "true or false". module/option-problems.ts writes the rest.

/** Text that is not empty. */
export const text = (accepted: string): GenericSchema => pipe(string(accepted), minLength(1, accepted));

/** One of a list of values. */
export const oneOf = (...values: readonly string[]): GenericSchema =>
  picklist(values, `one of ${quoted(values)}`);

/** An object with these options and no others. Getters, inherited ones too, become properties of the copy. */
export function section(options: Readonly<Record<string, GenericSchema>>): GenericSchema {
  const accepted = `an object with ${quoted(Object.keys(options))}`;
  return pipe(
    // A valibot object accepts a list.
    custom((value) => typeof value === 'object' && value !== null && !Array.isArray(value), accepted),
    objectWithRest(options, never(), ({ path }) => {
      // valibot reports a missing option with the message of its object.
      const missing = options[String(path?.[0].key)];
      return (missing && safeParse(missing, undefined).issues?.[0].message) ?? accepted;
    }),
  );
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

/** A value that `false` turns off. */
export const orFalse = (schema: GenericSchema, accepted: string): GenericSchema =>
  union([literal(false), schema], `false, or ${accepted}`);

/** A whole number, such as a number of sockets. */
export function count(least: number): GenericSchema {
  const accepted = `a whole number of at least ${least}`;
  return pipe(
    custom<number>((value) => Number.isSafeInteger(value), accepted),
    minValue(least, accepted),
  );
}

/** The longest time that a timer of Node can hold. */
const MAX_MS = 2_147_483_647;

const isTime = (value: unknown, least: number): boolean =>
  typeof value === 'number' && value >= least && value <= MAX_MS;

/** A time in milliseconds that a timer of Node can hold. */
export const milliseconds = (least: number): GenericSchema =>
  custom((value) => isTime(value, least), `a number of milliseconds, ${least} to ${MAX_MS}`);

/**
 * Checks a time that is not one of the module's options.
 *
 * @param where - the place of the value, for the message
 * @throws OpaError `OPA_BAD_OPTIONS` unless the value is a time in milliseconds above 0
 */
export function assertMilliseconds(value: unknown, where: string): void {
  if (isTime(value, Number.MIN_VALUE)) return;
  throw new OpaError(
    'OPA_BAD_OPTIONS',
    `${where} was given ${String(value)}, but takes a number of milliseconds above 0, up to ${MAX_MS}.`,
  );
}
