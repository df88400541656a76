import { z } from 'zod';

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
