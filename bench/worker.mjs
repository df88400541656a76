// Measures one client in a process of its own, and sends what it found to the process that started it.
import { subscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { clients } from './lib/clients.mjs';
import { drive } from './lib/load.mjs';
import { percentile } from './lib/statistics.mjs';

/** How often the event loop's delay is sampled, in milliseconds. */
const RESOLUTION_MS = 5;

/** @type {import('./lib/measure.mjs').Task} */
const { client: name, url, atOnce, warmupMs, measureMs } = JSON.parse(process.argv[2]);

let sockets = 0;
subscribe('net.client.socket', () => (sockets += 1));

const open = await clients[name]();
const client = await open(url);
const warm = await drive(client, { atOnce, ms: warmupMs, from: 0 });

const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
loop.enable();
const cpuBefore = process.cpuUsage();
const { latencies, failures, ms } = await drive(client, { atOnce, ms: measureMs, from: warm.next });
const cpu = process.cpuUsage(cpuBefore);
loop.disable();

await client.close();
latencies.sort((a, b) => a - b);
const done = latencies.length;
/** @type {import('./lib/measure.mjs').Measurement} */
const measurement = {
  cpuMicros: (cpu.user + cpu.system) / done,
  perSecond: (done / ms) * 1_000,
  p50Ms: percentile(latencies, 0.5),
  p99Ms: percentile(latencies, 0.99),
  // Each sample holds the interval that was slept on purpose.
  stallMs: Math.max(0, loop.max / 1e6 - RESOLUTION_MS),
  sockets,
  failed: Object.values(failures).reduce((sum, count) => sum + count, 0),
};
process.send({ measurement, failures }, () => process.disconnect());
