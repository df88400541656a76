import { z } from 'zod';

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** The longest time that a Node timer can hold, in milliseconds. */
const LONGEST_MS = 2_147_483_647;

const error = 'a time such as "500ms", "1.5s" or "2m", of 1 ms to 24 days';

/**
 * Parses a duration: a number, which may have decimals, and the unit `ms`, `s` or `m`.
 *
 * @returns milliseconds; `undefined` for any other text, and for a time that no timer can hold
 */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = ''] = DURATION.exec(text) ?? [];
  const time = Number(number) * (UNIT_MS[unit] ?? Number.NaN);
  return time >= 1 && time <= LONGEST_MS ? time : undefined;
}

/** A duration, converted to milliseconds. */
export const duration = z.string({ error }).transform((text, context) => {
  const time = parseDuration(text);
  if (time !== undefined) return time;
  context.addIssue({ code: 'custom', message: error, input: text });
  return z.NEVER;
});
