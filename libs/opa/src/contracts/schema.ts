import { z } from 'zod';

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

/** A time in milliseconds that a Node timer can hold. */
export const milliseconds = (least: number): z.ZodNumber => {
  const error = `a number of milliseconds, ${least} to 2147483647`;
  return z.number({ error }).min(least, { error }).max(2_147_483_647, { error });
};
