import { z } from 'zod';
import { OpaError } from './opa-error.js';

/** Options of these names and no others. */
export const section = <T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> =>
  z.strictObject(shape, { error: `an object with ${names(Object.keys(shape))}` });

/** Something that `false` turns off. */
export const orFalse = <T extends z.ZodType>(
  schema: T,
  accepted: string,
): z.ZodUnion<[z.ZodLiteral<false>, T]> =>
  z.union([z.literal(false), schema], { error: `false, or ${accepted}` });

function names(keys: readonly string[]): string {
  return keys.map((key) => `"${key}"`).join(', ');
}

/** A whole number of things. */
export const count = (least: number): z.ZodNumber => {
  const error = `a whole number of at least ${least}`;
  return z.int({ error }).min(least, { error });
};

/** The longest time that a Node timer can hold. */
const MAX_MS = 2_147_483_647;

/** A time in milliseconds that a Node timer can hold. */
export const milliseconds = (least: number): z.ZodNumber => {
  const error = `a number of milliseconds, ${least} to ${MAX_MS}`;
  return z.number({ error }).min(least, { error }).max(MAX_MS, { error });
};

/**
 * Checks a time that isn't among the module's options.
 *
 * @param where - where it was given, for the message
 * @throws OpaError `OPA_BAD_OPTIONS` when it isn't a time in milliseconds, above 0
 */
export function assertMilliseconds(value: unknown, where: string): void {
  if (typeof value === 'number' && value > 0 && value <= MAX_MS) return;
  throw new OpaError(
    'OPA_BAD_OPTIONS',
    `${where} was given ${String(value)}, but takes a number of milliseconds above 0, up to ${MAX_MS}.`,
  );
}
