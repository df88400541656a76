import { interleave } from './compare.mjs';
import { HttpLoad } from './http-load.mjs';
import { drive } from './load.mjs';
import { percentile } from './statistics.mjs';
import { startWorker } from './worker.mjs';

/** Connections to an app, each with one request in flight. */
const CONNECTIONS = 32;

/**
 * @typedef {object} Route
 * @property {import('./worker.mjs').Worker} worker - the app's
 * @property {(how: { count: number, ms: number }) => Promise<unknown>} warmUp
 * @property {(times: { leadMs: number, ms: number }) => Promise<RouteMeasurement>} measure
 * @property {() => Promise<void>} stop
 * @typedef {{ cpuMicros: number, perSecond: number, p99Ms: number }} RouteMeasurement - of the app, for one request
 */

/**
 * Starts an app with a guard, and checks that the guard denies.
 *
 * @param {import('./guards.mjs').Task} task
 * @param {(n: number) => { path: string, id?: string, role?: string }} request - the n-th request, an allowed one
 * @returns {Promise<Route>}
 */
export async function startRoute(task, request) {
  const worker = await startWorker('app', task);
  const load = await HttpLoad.open(worker.ready.port, CONNECTIONS);
  const refused = await load.get('/orders/1', { id: 'nobody', role: 'guest' });
  if (refused !== (task.guard === 'no guard' ? 200 : 403))
    throw new Error(`${task.guard} answers ${refused}`);
  const ask = load.asker(request);
  let next = 0;
  const run = async (how) => {
    const driven = await drive(ask, { atOnce: CONNECTIONS, from: next, ...how });
    next = driven.next;
    return driven;
  };
  const measure = async ({ leadMs, ms: measureMs }) => {
    await run({ ms: leadMs });
    await worker.call('beginCpu');
    const { latencies, failures, ms } = await run({ ms: measureMs });
    const cpu = await worker.call('endCpu');
    if (Object.keys(failures).length > 0) console.error(`${task.guard}, failed:`, failures);
    const perSecond = (latencies.length / ms) * 1_000;
    return { cpuMicros: cpu / latencies.length, perSecond, p99Ms: percentile(latencies, 0.99) };
  };
  const stop = async () => {
    load.close();
    await worker.stop();
  };
  return { worker, warmUp: run, measure, stop };
}

/**
 * Measures routes against each other.
 *
 * @param {readonly { name: string, route: Route }[]} entered
 * @param {import('./compare.mjs').Times} times
 * @returns {Promise<Record<string, import('./statistics.mjs').Rounds<RouteMeasurement>>>} by name
 */
export async function compareRoutes(entered, { rounds, warmUp, warmUpMs, leadMs, ms }) {
  for (const { route } of entered) await route.warmUp({ count: warmUp, ms: warmUpMs });
  const contenders = entered.map(({ name, route }) => ({
    name,
    measure: () => route.measure({ leadMs, ms }),
  }));
  return interleave(contenders, rounds);
}
