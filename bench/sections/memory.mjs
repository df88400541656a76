import { atMost } from '../lib/goals.mjs';
import { table } from '../lib/report.mjs';
import { startWorker } from '../lib/worker.mjs';

const AT_ONCE = 32;
/** The number of measurements on the way. A leak grows at each of them; a heap that has reached its size does not. */
const STEPS = 5;
const LIMIT_MB = 10;
const MB = 1_000_000;
/** The most time of one step, in milliseconds. */
const STEP_LIMIT_MS = 300_000;

/**
 * The memory that stays in use after many decisions.
 *
 * @param {import('../run.mjs').Setting} setting
 * @returns {Promise<import('../lib/report.mjs').Section>}
 */
export async function memory({ url, decisions, warmUpDecisions }) {
  const worker = await startWorker('client', { client: 'nestjs-opa', url });
  const weigh = async (count) => {
    const { rss, heap, failures } = await worker.call('weigh', { atOnce: AT_ONCE, count }, STEP_LIMIT_MS);
    if (Object.keys(failures).length > 0) console.error('failed:', failures);
    return { rss: rss / MB, heap: heap / MB };
  };
  const first = await weigh(warmUpDecisions);
  const rounds = [first];
  for (let step = 0; step < STEPS; step += 1) rounds.push(await weigh(decisions / STEPS));
  await worker.stop();
  const lines = rounds.map(({ rss, heap }, step) => [
    ((decisions / STEPS) * step).toLocaleString('en'),
    rss.toFixed(1),
    heap.toFixed(1),
  ]);
  const grown = rounds.at(-1).rss - first.rss;
  const what = `resident memory after ${decisions.toLocaleString('en')} decisions: growth, MB`;
  const head = ['decisions after warm-up', 'resident MB', 'live heap MB'];
  return { tables: [table('Memory', head, lines)], goals: [atMost(what, grown, LIMIT_MB)], rounds };
}
