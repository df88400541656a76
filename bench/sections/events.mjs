import { ContextOrigin, DecisionEvents } from 'nestjs-opa/internal';
import { atMost } from '../lib/goals.mjs';
import { table } from '../lib/report.mjs';
import { median } from '../lib/statistics.mjs';

const ROUNDS = 7;
const DECISIONS = 2_000_000;
const LIMIT_NS = 50;

/**
 * What decision events add to a decision that needs no promise: while nobody listens, and with one listener.
 *
 * @returns {Promise<import('../lib/report.mjs').Section>}
 */
export async function events() {
  const rounds = { silent: [], heard: [] };
  const silent = new DecisionEvents('', 'embedded');
  let heard = 0;
  const listener = ({ outcome }) => (heard += outcome === 'error' ? 1 : 0);
  const loud = new DecisionEvents('', 'embedded', new Set([listener]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    const figures = { silent: nanoseconds(silent), heard: nanoseconds(loud) };
    // The first round compiles the code.
    if (round > 0) for (const name of Object.keys(rounds)) rounds[name].push(figures[name]);
  }
  if (heard !== DECISIONS * (ROUNDS + 1)) throw new Error('The listener missed decisions.');
  const lines = Object.entries(rounds).map(([name, values]) => [
    name === 'silent' ? 'nobody listens' : 'one listener',
    median(values).toFixed(0),
  ]);
  return {
    tables: [table('Decision events', ['', 'ns a decision'], lines)],
    goals: [atMost('decision events while nobody listens, ns a decision', median(rounds.silent), LIMIT_NS)],
    rounds,
  };
}

/** The steps of the guard and of OpaService for events, without the decision itself. */
function nanoseconds(publisher) {
  const context = {};
  const input = {};
  const made = () => true;
  const begin = performance.now();
  for (let n = 0; n < DECISIONS; n += 1) {
    const origin = new ContextOrigin(context, 'guard');
    const recording = publisher.begin({
      policy: 'p',
      begin,
      input,
      phase: 'request',
      origin,
      point: undefined,
    });
    if (recording !== undefined) publisher.observe(recording, made);
  }
  return ((performance.now() - begin) * 1_000_000) / DECISIONS;
}
