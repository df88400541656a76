import { setTimeout as after } from 'node:timers/promises';
import { expect } from '@jest/globals';

/** The maximum time for the other process. It suits a busy machine. */
const PATIENCE_MS = 60_000;
/** The time between two looks. It is long enough to let the other process run. */
const PAUSE_MS = 2;

/** Repeats a look until the result is the expected value. Fails after a minute. */
export async function eventually<T>(look: () => Promise<T>, expected: T): Promise<void> {
  const limit = performance.now() + PATIENCE_MS;
  let value = await look();
  while (value !== expected && performance.now() < limit) {
    await after(PAUSE_MS);
    value = await look();
  }
  expect(value).toEqual(expected);
}
