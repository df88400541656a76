import { setTimeout as after } from 'node:timers/promises';
import { HttpLoad } from '../lib/http-load.mjs';
import { drive, pace } from '../lib/load.mjs';
import { atMost } from '../lib/goals.mjs';
import { request } from '../lib/question.mjs';
import { table } from '../lib/report.mjs';
import { median, percentile } from '../lib/statistics.mjs';
import { startWorker } from '../lib/worker.mjs';

const AT_ONCE = 1_000;
const DELAY_MS = 100;
/** 1,000 decisions over 100 sockets take about one second, the default, so that some decisions would time out. */
const TIMEOUT_MS = 5_000;
/** The rate of requests to the unguarded route, and the number of their connections. */
const FREE_PER_SECOND = 1_000;
const CONNECTIONS = 16;
const REST_MS = 700;
/** Bursts before the first measured burst. They open the sockets, and V8 compiles the code of both routes. */
const WARM_UPS = 3;

const OURS = 'nestjs-opa';
const BASE = 'by hand, plain http';
const LEAST = 'evenly in a second, route in another process';
/**
 * A contender sends its burst through the client of a guard, or as requests to the guarded route (`overHttp`). With `apart`, the
 * unguarded route runs in another process, which is otherwise idle, so that its latency shows only the wait for a core. Without
 * a guard, a worker with a minimal client sends as many queries at an even rate; this is the lower bound.
 *
 * @typedef {{ name: string, guard?: string, overHttp?: boolean, apart?: boolean }} Contender
 * @type {readonly Contender[]}
 */
const COMPACT = [
  { name: BASE, guard: BASE },
  { name: OURS, guard: OURS },
  { name: LEAST, apart: true },
];
const FULL = [
  ...COMPACT,
  { name: `${OURS}, route in another process`, guard: OURS, apart: true },
  ...['no guard', BASE, OURS].map((guard) => ({
    name: `${guard}, ${AT_ONCE} requests`,
    guard,
    overHttp: true,
  })),
];

/**
 * 1,000 concurrent decisions, each of which takes OPA 100 ms: the latency of the rest of the application.
 *
 * @param {import('../run.mjs').Setting} setting
 * @returns {Promise<import('../lib/report.mjs').Section>}
 */
export async function burst({ url, full, bursts }) {
  const delay = await startWorker('delay', { url, delayMs: DELAY_MS });
  const rounds = {};
  try {
    for (const contender of full ? FULL : COMPACT) {
      rounds[contender.name] = await measure(contender, delay.ready.url, bursts);
    }
  } finally {
    await delay.stop();
  }
  const summaries = Object.fromEntries(
    Object.entries(rounds).map(([name, bursts]) => [name, summed(bursts)]),
  );
  const lines = Object.entries(summaries).map(
    ([name, { stallMs, restStallMs, decidedMs, p99Ms, restP99Ms }]) => {
      const cells = [stallMs, restStallMs, decidedMs, p99Ms, restP99Ms];
      return [name, ...cells.map((cell) => cell.toFixed(cell < 100 ? 1 : 0))];
    },
  );
  const head = ['client', 'stall ms', 'at rest', 'decided ms', 'free route p99 ms', 'at rest'];
  const { stallMs, decidedMs, p99Ms, restP99Ms } = summaries[OURS];
  const [byHand, least] = [BASE, LEAST].map((name) =>
    (summaries[name].p99Ms / summaries[name].restP99Ms).toFixed(1),
  );
  const p99 = `1,000 at once: unguarded route's p99, × at rest (plain http: ${byHand}, the least there is: ${least})`;
  return {
    tables: [table(`${AT_ONCE} at once, OPA answers in ${DELAY_MS} ms`, head, lines)],
    goals: [
      atMost('1,000 at once: longest stall, ms', stallMs, 20),
      atMost('1,000 at once: all decided, ms', decidedMs, 1_300),
      atMost(p99, p99Ms / restP99Ms, 2),
    ],
    rounds: summaries,
  };
}

/** Medians of the bursts. The p99 covers the requests of all bursts: the p99 of one burst would be its tenth worst request. */
function summed(bursts) {
  const middle = (figure) => median(bursts.map((burst) => burst[figure]));
  const p99 = (latencies) =>
    percentile(
      bursts.flatMap((burst) => burst[latencies]),
      0.99,
    );
  return {
    stallMs: middle('stallMs'),
    restStallMs: middle('restStallMs'),
    decidedMs: middle('decidedMs'),
    p99Ms: p99('latencies'),
    restP99Ms: p99('restLatencies'),
  };
}

/** @param {Contender} contender */
async function measure({ guard, overHttp = false, apart = false }, url, bursts) {
  const worker =
    guard === undefined
      ? await startWorker('steady', { url })
      : await startWorker('app', { guard, url, timeout: TIMEOUT_MS });
  const target = apart ? await startWorker('app', { guard: 'no guard' }) : worker;
  const load = await HttpLoad.open(target.ready.port, CONNECTIONS);
  const crowd = overHttp ? await HttpLoad.open(worker.ready.port, AT_ONCE) : undefined;
  const free = load.asker(() => ({ path: '/free' }));
  const watched = async (begin) => {
    await worker.call('beginStall');
    const over = begin();
    const latencies = await pace(free, FREE_PER_SECOND, over);
    const stallMs = await worker.call('endStall');
    return { found: await over, stallMs, latencies };
  };
  const ask = (from) =>
    crowd === undefined
      ? worker.call('burst', { count: AT_ONCE, from })
      : drive(crowd.asker(request), { atOnce: AT_ONCE, count: AT_ONCE, from });
  const rounds = [];
  for (let i = 0; i < WARM_UPS; i += 1) await watched(() => ask(i * AT_ONCE));
  for (let i = WARM_UPS; i < WARM_UPS + bursts; i += 1) {
    const rest = await watched(() => after(REST_MS));
    const during = await watched(() => ask(i * AT_ONCE));
    const { ms: decidedMs, failures = {} } = during.found;
    if (Object.keys(failures).length > 0) throw new Error(JSON.stringify(failures));
    rounds.push({
      stallMs: during.stallMs,
      restStallMs: rest.stallMs,
      decidedMs,
      latencies: during.latencies,
      restLatencies: rest.latencies,
    });
  }
  for (const opened of [load, crowd]) opened?.close();
  for (const started of new Set([worker, target])) await started.stop();
  return rounds;
}
