import { expect } from '@jest/globals';
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

/** The most time that `settles` waits, on a busy machine too. */
const PATIENCE_MS = 30_000;

/** What is left open in this process. */
export interface Leftovers {
  /** Timers that were started in a {@link watched} function, or in what came of it. */
  readonly timers: number;
  readonly sockets: number;
}

const watching = new AsyncLocalStorage<true>();
const timers = new Set<number>();

// Jest has timers of its own in this process: those of the library are told by where they were started.
createHook({
  init(id, type) {
    if (type === 'Timeout' && watching.getStore() === true) timers.add(id);
  },
  destroy(id) {
    timers.delete(id);
  },
}).enable();

/** Runs a function whose timers count as {@link Leftovers}. */
export const watched = <T>(run: () => T): T => watching.run(true, run);

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS|Pipe.*Connect)/.test(kind)).length;

/** Gives a function that counts what has been opened since, and is open still. */
export function leftoversSince(): () => Leftovers {
  const before = sockets();
  timers.clear();
  return () => ({ timers: timers.size, sockets: Math.max(0, sockets() - before) });
}

/** Looks again, a turn of the event loop later each time, until it sees what is expected; fails when it never does. */
export async function settles<T>(look: () => T, expected: T): Promise<void> {
  const limit = performance.now() + PATIENCE_MS;
  while (!isDeepStrictEqual(look(), expected) && performance.now() < limit) await turn();
  expect(look()).toEqual(expected);
}
