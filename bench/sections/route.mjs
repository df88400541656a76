import { atMost } from '../lib/goals.mjs';
import { CACHED_REQUESTS, request } from '../lib/question.mjs';
import { table } from '../lib/report.mjs';
import { field } from '../lib/compare.mjs';
import { compareRoutes, startRoute } from '../lib/routes.mjs';
import { highest, medians, ratio } from '../lib/statistics.mjs';

const OVER_OPA = [
  'no guard',
  'by hand, plain http',
  'nestjs-opa',
  'by hand, undici',
  'by hand, axios',
  'by hand, @open-policy-agent/opa',
];
const REMOTE_GOALS = [
  ['by hand, plain http', 1.2],
  ['by hand, axios', 0.45],
  ['by hand, @open-policy-agent/opa', 0.2],
];
const CLOSE = ['by hand, plain http', 'nestjs-opa'];
const EMBEDDED = ['by hand, opa-wasm', 'nestjs-opa, bundle'];
const CACHED = ['by hand, lru-cache', 'nestjs-opa, cache'];
/** Over opa-wasm, by hand; and a cache hit over lru-cache, by hand. */
const BUNDLE_LIMIT = 0.85;
const CACHED_LIMIT = 1.15;

/**
 * The cost of a request to a guarded route when OPA decides.
 *
 * @param {import('../run.mjs').Setting} setting
 * @returns {Promise<import('../lib/report.mjs').Section>}
 */
export async function route(setting) {
  const { rounds, against, lines } = await measure(field(OVER_OPA, CLOSE, setting.times.copies), setting);
  const goals = REMOTE_GOALS.map(([base, limit]) =>
    atMost(`CPU a request, guarded route, × ${base}`, against('nestjs-opa', base), limit),
  );
  return { tables: [tableOf('A guarded route, decided by OPA', lines)], goals, rounds };
}

/**
 * The cost of a request to a guarded route when this process decides.
 *
 * @param {import('../run.mjs').Setting} setting
 * @returns {Promise<import('../lib/report.mjs').Section>}
 */
export async function inProcess(setting) {
  const names = [...EMBEDDED, ...CACHED];
  const { rounds, against, lines } = await measure(field(names, names, setting.times.copies), setting);
  const what = (kind) => `CPU a request, ${kind}, × by hand`;
  return {
    tables: [tableOf('A guarded route, decided in the process', lines)],
    goals: [
      atMost(what('bundle'), against(EMBEDDED[1], EMBEDDED[0]), BUNDLE_LIMIT),
      atMost(what('cache hit'), against(CACHED[1], CACHED[0]), CACHED_LIMIT),
    ],
    rounds,
  };
}

async function measure(names, { url, bundle, wasm, times }) {
  const entered = await Promise.all(
    names.map(async (name) => {
      const nth = CACHED.includes(name) ? (n) => request(n % CACHED_REQUESTS) : request;
      const route = await startRoute({ guard: name, url, bundle, wasm }, nth);
      if (name === CACHED[1] && !(await route.worker.call('caches'))) throw new Error('The cache is off.');
      return { name, route };
    }),
  );
  try {
    const rounds = await compareRoutes(entered, times);
    const against = (ours, base) => ratio(rounds[ours], rounds[base], 'cpuMicros');
    const lines = Object.entries(rounds).map(([name, measurements]) => {
      const { cpuMicros, perSecond, p99Ms } = medians(measurements);
      const most = highest(measurements, 'cpuMicros');
      return [name, cpuMicros.toFixed(1), most.toFixed(1), perSecond.toFixed(0), p99Ms.toFixed(2)];
    });
    return { rounds, against, lines };
  } finally {
    await Promise.all(entered.map(({ route }) => route.stop()));
  }
}

function tableOf(title, lines) {
  return table(title, ['guard', 'CPU µs', 'highest', '/s', 'p99 ms'], lines);
}
