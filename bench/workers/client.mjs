// One client in a process of its own.
import { setTimeout as after } from 'node:timers/promises';
import { askerOf, clients } from '../lib/clients.mjs';
import { countSockets, watchCpu, watchLoop, watchSockets } from '../lib/gauges.mjs';
import { drive } from '../lib/load.mjs';
import { percentile } from '../lib/statistics.mjs';
import { serve, task } from '../lib/worker.mjs';

/** The interval of the event loop's samples, in milliseconds. */
const RESOLUTION_MS = 5;
/** The most time until the system gets freed memory back, in milliseconds. */
const SETTLE_MS = 500;

const { client: name, url } = task();
countSockets();
const open = await clients[name]();
const ask = askerOf(await open(url, task()));
let next = 0;

/** @param {{ atOnce: number, ms?: number, count?: number }} how */
async function load(how) {
  const driven = await drive(ask, { ...how, from: next });
  next = driven.next;
  return driven;
}

/**
 * Measures for a time. The lead before is not measured.
 *
 * @param {{ atOnce: number, leadMs: number, ms: number }} turn
 * @returns {Promise<{ measurement: import('../lib/compare.mjs').Measurement, failures: Record<string, number> }>}
 */
async function turn({ atOnce, leadMs, ms: measureMs }) {
  const sockets = watchSockets();
  await load({ atOnce, ms: leadMs });
  const stall = await watchLoop(RESOLUTION_MS);
  const cpu = watchCpu();
  const { latencies, failures, ms } = await load({ atOnce, ms: measureMs });
  const cpuMicros = cpu() / latencies.length;
  const measurement = {
    cpuMicros,
    perSecond: (latencies.length / ms) * 1_000,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    stallMs: stall(),
    sockets: sockets(),
    failed: Object.values(failures).reduce((sum, count) => sum + count, 0),
  };
  return { measurement, failures };
}

/**
 * Evaluates `count` queries, and measures the memory of the process after a garbage collection.
 *
 * @param {{ atOnce: number, count: number }} load
 */
async function weigh({ atOnce, count }) {
  const { failures } = await load({ atOnce, count });
  globalThis.gc();
  await after(SETTLE_MS);
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external, failures };
}

/** Sends enough queries that V8 has compiled the hot code. */
async function warmUp(how) {
  await load(how);
}

serve({ warmUp, turn, weigh });
