import { join } from 'node:path';
import { buildBundle } from '../lib/bundle.mjs';
import { interleave } from '../lib/compare.mjs';
import { HttpLoad } from '../lib/http-load.mjs';
import { drive } from '../lib/load.mjs';
import { table } from '../lib/report.mjs';
import { medians, percentile } from '../lib/statistics.mjs';
import { startWorker } from '../lib/worker.mjs';

const REGO = join(import.meta.dirname, '..', 'rest.rego');
const POLICY = 'bench/rest/allow';
const AT_ONCE = 32;
const [DIRECT, BY_HAND, GATEWAY] = ['direct', '@fastify/http-proxy with a check', 'gateway, embedded'];

/**
 * The cost of the gateway in front of a REST server, against a proxy that an application writes by hand.
 *
 * @param {import('../run.mjs').Setting} setting
 * @returns {Promise<import('../lib/report.mjs').Section>}
 */
export async function rest({ binary, times }) {
  const { bundle, remove } = buildBundle(binary, REGO, [POLICY]);
  const server = await startWorker('rest-server', {});
  const url = `http://127.0.0.1:${server.ready.port}`;
  const workers = {
    [DIRECT]: server,
    [BY_HAND]: await startWorker('fastify-proxy', { url }),
    [GATEWAY]: await startWorker('gateway', { opa: { bundle }, upstream: { url, policy: POLICY } }),
  };
  try {
    const rounds = await measure(workers, times);
    const figures = Object.entries(rounds).map(([name, measurements]) => [name, medians(measurements)]);
    const lines = figures.map(([name, { perSecond, p50Ms, p99Ms, cpuMicros }]) => [
      name,
      perSecond.toFixed(0),
      p50Ms.toFixed(2),
      p99Ms.toFixed(2),
      cpuMicros.toFixed(0),
    ]);
    return {
      tables: [
        table(`GET of a REST server, ${AT_ONCE} at once`, ['', '/s', 'p50 ms', 'p99 ms', 'CPU µs'], lines),
      ],
      // No goal: the ratio depends much on the load of the machine.
      goals: [],
      rounds,
    };
  } finally {
    await Promise.all(Object.values(workers).map((worker) => worker.stop()));
    remove();
  }
}

async function measure(workers, { rounds, warmUp, warmUpMs, leadMs, ms }) {
  const contenders = [];
  for (const [name, worker] of Object.entries(workers)) {
    const load = await HttpLoad.open(worker.ready.port, AT_ONCE);
    const ask = load.asker((n) => ({ path: `${worker.ready.path}/orders/${n}` }));
    const run = (how) => drive(ask, { atOnce: AT_ONCE, from: 0, ...how });
    await run({ count: warmUp, ms: warmUpMs });
    const measureOne = async () => {
      await run({ ms: leadMs });
      await worker.call('beginCpu');
      const { latencies, failures, ms: took } = await run({ ms });
      const cpu = await worker.call('endCpu');
      if (Object.keys(failures).length > 0) console.error(`${name}, failed:`, failures);
      return {
        perSecond: (latencies.length / took) * 1_000,
        p50Ms: percentile(latencies, 0.5),
        p99Ms: percentile(latencies, 0.99),
        cpuMicros: cpu / latencies.length,
      };
    };
    contenders.push({ name, measure: measureOne, close: () => load.close() });
  }
  const measured = await interleave(contenders, rounds);
  for (const { close } of contenders) close();
  return measured;
}
