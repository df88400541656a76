import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BASE } from './clients.mjs';

/**
 * @typedef {{ client: string, median: import('./measure.mjs').Measurement,
 *   rounds: import('./measure.mjs').Measurement[] }} Row
 */

const HEAD = ['client', 'CPU µs', '× http', '/s', 'p50 ms', 'p99 ms', 'stall ms', 'sockets', 'failed'];

/**
 * The table of one load, as text.
 *
 * @param {number} atOnce
 * @param {readonly Row[]} rows
 */
export function table(atOnce, rows) {
  const base = rows.find(({ client }) => client === BASE).median.cpuMicros;
  const lines = rows.map(({ client, median }) => [
    client,
    median.cpuMicros.toFixed(0),
    (median.cpuMicros / base).toFixed(2),
    median.perSecond.toFixed(0),
    median.p50Ms.toFixed(2),
    median.p99Ms.toFixed(2),
    median.stallMs.toFixed(1),
    String(median.sockets),
    String(median.failed),
  ]);
  const widths = HEAD.map((_, i) => Math.max(...[HEAD, ...lines].map((line) => line[i].length)));
  const text = [HEAD, widths.map((width) => '-'.repeat(width)), ...lines].map((line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
  return [`${atOnce} at once`, ...text].join('\n');
}

/**
 * Writes the whole run beside the benchmark, and gives the file's path.
 *
 * @param {object} run
 */
export function save(run) {
  const folder = join(import.meta.dirname, '..', 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${run.date.replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`);
  return file;
}
