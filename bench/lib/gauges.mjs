import { subscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as after } from 'node:timers/promises';

let opened = 0;
let open = 0;

/** Starts to count the client sockets of this process. Call it before the first socket opens. */
export function countSockets() {
  subscribe('net.client.socket', ({ socket }) => {
    opened += 1;
    open += 1;
    socket.once('close', () => (open -= 1));
  });
}

/**
 * Starts to observe the sockets.
 *
 * @returns {() => number} the sockets since the call: those already open, and those opened
 */
export function watchSockets() {
  const before = opened - open;
  return () => opened - before;
}

/**
 * Starts to measure the CPU time of this process.
 *
 * @returns {() => number} user and system time since the call, µs
 */
export function watchCpu() {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
}

/**
 * Starts to measure how long the event loop is blocked.
 *
 * @param {number} resolutionMs - the interval of the samples
 * @returns {Promise<() => number>} the longest block since the call, ms
 */
export async function watchLoop(resolutionMs) {
  const loop = monitorEventLoopDelay({ resolution: resolutionMs });
  loop.enable();
  // The first sample only starts the clock. A block before it would stay unseen.
  await after(3 * resolutionMs);
  return () => {
    loop.disable();
    // Each sample includes the interval of the timer.
    return Math.max(0, loop.max / 1e6 - resolutionMs);
  };
}

/** The interval of the event loop's samples for {@link stallHandlers}, in milliseconds. */
const RESOLUTION_MS = 1;

/** The handlers of a worker that measure its event loop. */
export function stallHandlers() {
  let stall;
  return {
    beginStall: async () => (stall = await watchLoop(RESOLUTION_MS)) && undefined,
    endStall: () => stall(),
  };
}
