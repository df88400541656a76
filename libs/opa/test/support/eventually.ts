import { setImmediate as turn } from 'node:timers/promises';
import { expect } from '@jest/globals';

/** A bound on waiting for what another process does; nothing is ever expected to take this long. */
const PATIENCE_MS = 10_000;

/** Looks again, a turn of the event loop later each time, until it sees what is expected; fails when it never does. */
export async function eventually<T>(look: () => Promise<T>, expected: T): Promise<void> {
  const limit = performance.now() + PATIENCE_MS;
  let seen = await look();
  while (seen !== expected && performance.now() < limit) {
    await turn();
    seen = await look();
  }
  expect(seen).toEqual(expected);
}
