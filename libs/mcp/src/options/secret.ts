import { z } from 'zod';

const TEXT_RULE = 'a text that is not empty';
const SECRET_RULE = 'a text that is not empty, or { file: <path> }';

/**
 * Accepts a text that is not empty. The gateway's file gives a `${NAME}` without quotes as a number when the value is a
 * number, so this schema accepts numbers too.
 */
export const text = z.union([z.string().min(1), z.number().transform(String)], { error: TEXT_RULE });

/** Accepts a secret: the text, or the path of a file with the text. No message shows the value. */
export const secret = z.union([text, z.strictObject({ file: z.string().min(1) })], { error: SECRET_RULE });

/** A secret: the text, or the path of a file, which is read again when it changes. */
export type Secret = z.infer<typeof secret>;
