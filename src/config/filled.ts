import { z } from 'zod';

/** Accepts a text that is not empty. */
export const filled = z.string().min(1, { error: 'a text that is not empty' });
