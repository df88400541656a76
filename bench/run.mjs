// npm run bench [-- --compact | --full]: what a decision costs through the module and through its peers, in one
// run against one real OPA. Compact, the default, takes under 3 minutes: 32 at once; full takes 16 to 1,024 too.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { startOpa } from 'nestjs-opa/testing';
import { getOpa } from '../scripts/get-opa.mjs';
import { clients } from './lib/clients.mjs';
import { measure } from './lib/measure.mjs';
import { save, table } from './lib/report.mjs';
import { medians } from './lib/statistics.mjs';

const ROUNDS = 3;
const flag = { type: 'boolean', default: false };
const { full } = parseArgs({ options: { compact: flag, full: flag } }).values;
const loads = full ? [16, 32, 64, 256, 1_024] : [32];
const times = full ? { warmupMs: 2_000, measureMs: 5_000 } : { warmupMs: 1_500, measureMs: 3_500 };

const binary = process.env.OPA_BIN ?? (await getOpa());
const opa = await startOpa({ rego: readFileSync(join(import.meta.dirname, 'policy.rego'), 'utf8'), binary });
// The exit ends the worker that still runs.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void opa.stop().finally(() => process.exit(1)));
}

try {
  const results = [];
  for (const atOnce of loads) {
    const rows = await compare(atOnce);
    results.push({ atOnce, rows });
    console.log(`\n${table(atOnce, rows)}`);
  }
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: availableParallelism() };
  const file = save({ date: new Date().toISOString(), machine, rounds: ROUNDS, ...times, results });
  console.log(`\nMedians of ${ROUNDS} rounds; the rounds are in ${relative(process.cwd(), file)}.`);
} finally {
  await opa.stop();
}

/**
 * Measures every client in turn, round by round: a machine that grows slower does so for all of them.
 *
 * @param {number} atOnce
 * @returns {Promise<import('./lib/report.mjs').Row[]>}
 */
async function compare(atOnce) {
  const rows = Object.keys(clients).map((client) => ({ client, rounds: [] }));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const row of rows) {
      const { measurement, failures } = await measure({ client: row.client, url: opa.url, atOnce, ...times });
      row.rounds.push(measurement);
      const failed = measurement.failed === 0 ? '' : `, failed: ${JSON.stringify(failures)}`;
      console.error(
        `${atOnce} at once, round ${round}, ${row.client}: ${measurement.cpuMicros.toFixed(0)} µs${failed}`,
      );
    }
  }
  return rows.map((row) => ({ ...row, median: medians(row.rounds) }));
}
