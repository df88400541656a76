import { setTimeout as after } from 'node:timers/promises';
import { expect } from '@jest/globals';

/** The most time that another process gets, on a busy machine too. */
const PATIENCE_MS = 60_000;
/** The time between two looks: short for the test, long enough to leave the processor to the other process. */
const PAUSE_MS = 2;

/** Looks until it sees the expected value. Fails after a minute. */
export async function eventually<T>(look: () => Promise<T>, expected: T): Promise<void> {
  const limit = performance.now() + PATIENCE_MS;
  let value = await look();
  while (value !== expected && performance.now() < limit) {
    await after(PAUSE_MS);
    value = await look();
  }
  expect(value).toEqual(expected);
}
