// npm run bench [-- --compact | --full] [--only=client,route,...]: measures every figure that has a goal, in one run,
// with one real OPA and the files that `npm run build` wrote. --compact (default) takes under 3 minutes, --full about 20.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { startOpa } from 'nestjs-opa/testing';
import { getOpa } from '../scripts/get-opa.mjs';
import { buildBundle } from './lib/bundle.mjs';
import { goalTable, save } from './lib/report.mjs';
import { burst } from './sections/burst.mjs';
import { client } from './sections/client.mjs';
import { events } from './sections/events.mjs';
import { mcp } from './sections/mcp.mjs';
import { memory } from './sections/memory.mjs';
import { plan } from './sections/plan.mjs';
import { rest } from './sections/rest.mjs';
import { inProcess, route } from './sections/route.mjs';
import { throughput } from './sections/throughput.mjs';

/**
 * @typedef {object} Setting - the input of a section
 * @property {string} url - the address of OPA
 * @property {string} binary - the path of the OPA program
 * @property {string} bundle - the path of the policy as a plan bundle
 * @property {string} wasm - the path of the policy as Wasm
 * @property {boolean} full
 * @property {import('./lib/compare.mjs').Times} times
 * @property {number} bursts
 * @property {number} decisions - decisions before the second measurement of memory
 * @property {number} warmUpDecisions - decisions before the first measurement of memory
 */

const COMPACT = {
  times: { rounds: 3, copies: 3, warmUp: 8_000, warmUpMs: 1_000, leadMs: 80, ms: 270 },
  bursts: 3,
  decisions: 50_000,
  warmUpDecisions: 15_000,
};
const FULL = {
  times: { rounds: 5, copies: 6, warmUp: 20_000, warmUpMs: 20_000, leadMs: 200, ms: 1_000 },
  bursts: 7,
  decisions: 1_000_000,
  warmUpDecisions: 100_000,
};
const sections = { client, route, inProcess, burst, throughput, memory, mcp, rest, plan, events };

const flag = { type: 'boolean', default: false };
const { full, only } = parseArgs({ options: { compact: flag, full: flag, only: { type: 'string' } } }).values;
const names = only?.split(',') ?? Object.keys(sections);
const unknown = names.filter((name) => !(name in sections));
if (unknown.length > 0) throw new Error(`--only takes ${Object.keys(sections)}, not ${unknown}`);

const rego = join(import.meta.dirname, 'policy.rego');
const binary = process.env.OPA_BIN ?? (await getOpa());
const { bundle, wasm, remove } = buildBundle(binary, rego);
const opa = await startOpa({ rego: readFileSync(rego, 'utf8'), binary });
// A signal ends the workers with this process.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void opa.stop().finally(() => process.exit(1)));
}

const start = performance.now();
const goals = [];
const rounds = {};
try {
  for (const name of names) {
    const begin = performance.now();
    const section = await sections[name]({
      url: opa.url,
      binary,
      bundle,
      wasm,
      full,
      ...(full ? FULL : COMPACT),
    });
    goals.push(...section.goals);
    rounds[name] = section.rounds;
    for (const text of section.tables) console.log(`\n${text}`);
    console.error(`${name}: ${((performance.now() - begin) / 1_000).toFixed(0)} s`);
  }
} finally {
  await opa.stop();
  remove();
}

const seconds = (performance.now() - start) / 1_000;
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: availableParallelism() };
const file = save({ date: new Date().toISOString(), machine, full, seconds, goals, rounds });
console.log(`\n${goalTable(goals)}`);
console.log(`\n${seconds.toFixed(0)} s; figures are medians of rounds, ratios of pairs in the same round.`);
console.log(`The rounds are in ${relative(process.cwd(), file)}.`);
