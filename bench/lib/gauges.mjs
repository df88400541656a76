import { subscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as after } from 'node:timers/promises';

let opened = 0;
let open = 0;

/** Begins to count this process's client sockets; call it before the first one is opened. */
export function countSockets() {
  subscribe('net.client.socket', ({ socket }) => {
    opened += 1;
    open += 1;
    socket.once('close', () => (open -= 1));
  });
}

/**
 * Begins to watch the sockets.
 *
 * @returns {() => number} how many there have been since: those already open, and those opened
 */
export function watchSockets() {
  const before = opened - open;
  return () => opened - before;
}

/**
 * Begins to watch the CPU that this process takes.
 *
 * @returns {() => number} user and system time since, µs
 */
export function watchCpu() {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
}

/**
 * Begins to watch for how long the event loop is held.
 *
 * @param {number} resolutionMs - how often it is sampled
 * @returns {Promise<() => number>} the longest time since, ms
 */
export async function watchLoop(resolutionMs) {
  const loop = monitorEventLoopDelay({ resolution: resolutionMs });
  loop.enable();
  // The first sample only starts the clock: what holds the loop before it would not be seen.
  await after(3 * resolutionMs);
  return () => {
    loop.disable();
    // Each sample holds the interval that was slept on purpose.
    return Math.max(0, loop.max / 1e6 - resolutionMs);
  };
}

/** How often the event loop's delay is sampled for {@link stallHandlers}, in milliseconds. */
const RESOLUTION_MS = 1;

/** A worker's handlers that watch its event loop. */
export function stallHandlers() {
  let stall;
  return {
    beginStall: async () => (stall = await watchLoop(RESOLUTION_MS)) && undefined,
    endStall: () => stall(),
  };
}
