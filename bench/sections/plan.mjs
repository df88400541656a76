import { atMost } from '../lib/goals.mjs';
import { buildPlanBundles, PATHS, SMALL } from '../lib/plan-bundles.mjs';
import { table } from '../lib/report.mjs';
import { median } from '../lib/statistics.mjs';
import { startWorker } from '../lib/worker.mjs';

const ROUNDS = 3;
const MB = 1_000_000;
const LIMIT_MS = 600_000;
const EVALUATIONS = 1_000_000;
const RELOADS = 1_000;
/** A leak of 10 bytes an evaluation, or 10 kB a reload, is more. */
const GROWTH_MB = 10;

/**
 * Compares opa-plan with opa-wasm. Also measures loading, the end of loops at the deadline, and long runs.
 *
 * @param {import('../run.mjs').Setting} setting
 * @returns {Promise<import('../lib/report.mjs').Section>}
 */
export async function plan({ binary, full }) {
  const { bundles, remove } = buildPlanBundles(binary);
  try {
    const engines = await compareEngines(bundles, full);
    const small = { data: bundles.data, bundle: bundles.small, path: SMALL };
    const load = await measure(small, 'load', { times: full ? 10 : 5 });
    const resident = await measure({ ...small, lazy: true }, 'resident');
    const late = await measure({ bundle: bundles.endless, path: 'endless/allow' }, 'overshoot', {
      times: 15,
      limitMs: 20,
    });
    const growth = await growths(bundles.plan.gateway);
    return {
      tables: [table('Plans and Wasm', ['policy', 'opa-plan µs', 'opa-wasm µs', 'ratio'], engines.lines)],
      goals: [
        ...engines.goals,
        atMost('opa-plan: load of 10 MB of data, × gunzip and JSON.parse', load.loadMs / load.bareMs, 1.5),
        atMost(
          'opa-plan: stall of that load (least of several loads), × JSON.parse',
          load.stallMs / load.parseMs,
          1.5,
        ),
        atMost('opa-plan: resident memory of that data, × its text', resident, 3),
        atMost('opa-plan: an endless policy outlasts its deadline by, ms (median)', median(late), 5),
        atMost('opa-plan: live memory after 1,000,000 evaluations: growth, MB', growth.evaluated, GROWTH_MB),
        atMost('opa-plan: live memory after 1,000 reloads: growth, MB', growth.reloaded, GROWTH_MB),
      ],
      rounds: { engines: engines.rounds, load, resident, late, growth },
    };
  } finally {
    remove();
  }
}

async function compareEngines(bundles, full) {
  const rounds = {};
  for (const [name, path] of Object.entries(PATHS)) {
    const bundle = name === 'large' ? 'large' : 'gateway';
    rounds[name] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const pair = {};
      for (const engine of ['plan', 'wasm']) {
        const worker = await startWorker('plan', { engine, path, bundle: bundles[engine][bundle] });
        pair[engine] = await worker.call('cpu', { count: COUNTS[engine][bundle] * (full ? 5 : 1) }, LIMIT_MS);
        if (round === 0) pair[`${engine}Answers`] = JSON.stringify(await worker.call('answers'));
        await worker.stop();
      }
      if (pair.planAnswers !== pair.wasmAnswers)
        throw new Error(`${path}: opa-plan and opa-wasm answer differently.`);
      rounds[name].push({ plan: pair.plan, wasm: pair.wasm });
    }
  }
  const summaries = Object.entries(rounds).map(([name, pairs]) => ({
    name,
    plan: median(pairs.map((pair) => pair.plan)),
    wasm: median(pairs.map((pair) => pair.wasm)),
    ratio: median(pairs.map((pair) => pair.plan / pair.wasm)),
  }));
  return {
    rounds,
    lines: summaries.map(({ name, plan, wasm, ratio }) => [
      name,
      ...[plan, wasm, ratio].map((figure) => figure.toFixed(3)),
    ]),
    goals: summaries.map(({ name, ratio }) =>
      atMost(`opa-plan: CPU of an evaluation, × opa-wasm (${name})`, ratio, 0.1),
    ),
  };
}

/** Enough for V8 to compile everything; Wasm takes a millisecond for the large policy. */
const COUNTS = { plan: { gateway: 200_000, large: 20_000 }, wasm: { gateway: 20_000, large: 300 } };

async function growths(bundle) {
  const worker = await startWorker('plan', { bundle, path: PATHS.orders });
  const first = await worker.call('weigh', { count: EVALUATIONS / 4 }, LIMIT_MS);
  const evaluated = await worker.call('weigh', { count: EVALUATIONS }, LIMIT_MS);
  const warm = await worker.call('reload', { times: RELOADS / 4 }, LIMIT_MS);
  const reloaded = await worker.call('reload', { times: RELOADS }, LIMIT_MS);
  await worker.stop();
  return { evaluated: (evaluated - first) / MB, reloaded: (reloaded - warm) / MB };
}

async function measure(task, handler, args) {
  const worker = await startWorker('plan', task);
  const measured = await worker.call(handler, args, LIMIT_MS);
  await worker.stop();
  return measured;
}
