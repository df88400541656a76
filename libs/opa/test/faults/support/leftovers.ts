import { expect } from '@jest/globals';
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

/** The maximum time that `settles` waits. It suits a busy machine. */
const PATIENCE_MS = 30_000;

/** The open resources of this process. */
export interface Leftovers {
  /** Timers that a {@link watched} function started, directly or later. */
  readonly timers: number;
  readonly sockets: number;
}

const watching = new AsyncLocalStorage<true>();
const timers = new Set<number>();

// Jest also has timers in this process. The async context tells which timers belong to the library.
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

/** Returns a function that counts the resources that were opened since now and are still open. */
export function leftoversSince(): () => Leftovers {
  const before = sockets();
  timers.clear();
  return () => ({ timers: timers.size, sockets: Math.max(0, sockets() - before) });
}

/** Repeats a look in each turn of the event loop until the result is as expected. Fails after a time limit. */
export async function settles<T>(look: () => T, expected: T): Promise<void> {
  const limit = performance.now() + PATIENCE_MS;
  while (!isDeepStrictEqual(look(), expected) && performance.now() < limit) await turn();
  expect(look()).toEqual(expected);
}
