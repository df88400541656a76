import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startOpa } from 'nestjs-opa/testing';
import { buildBundle } from '../lib/bundle.mjs';
import { interleave } from '../lib/compare.mjs';
import { atLeast, atMost } from '../lib/goals.mjs';
import { HttpLoad } from '../lib/http-load.mjs';
import { drive } from '../lib/load.mjs';
import { firstEvent, makeToken, mcpAsker, openSession } from '../lib/mcp-load.mjs';
import { table } from '../lib/report.mjs';
import { difference, median, medians, percentile } from '../lib/statistics.mjs';
import { startWorker } from '../lib/worker.mjs';

const LEVELS = [1, 32];
/** A call through the gateway costs as much as several decisions, so a part of their warm-up is enough. */
const WARM_UP_SHARE = 1 / 8;
const REGO = join(import.meta.dirname, '..', 'mcp.rego');
const POLICIES = { policy: 'bench/mcp/request', list: 'bench/mcp/list' };
const RESULTS = { ...POLICIES, response: 'bench/mcp/response' };
const [DIRECT, EMBEDDED, REMOTE, BOTH] = ['direct', 'embedded', 'remote OPA', 'remote OPA, results too'];
const SESSIONS = 500;
const STREAMS = 100;
const SHOWN = 40;

/**
 * The cost of the gateway in front of an MCP server. It decides every request and checks every token.
 *
 * @param {import('../run.mjs').Setting} setting
 * @returns {Promise<import('../lib/report.mjs').Section>}
 */
export async function mcp({ binary, times }) {
  const { bundle, remove } = buildBundle(binary, REGO, Object.values(RESULTS));
  const opa = await startOpa({ rego: readFileSync(REGO, 'utf8'), binary });
  const { jwks, token } = await makeToken();
  const server = await startWorker('mcp-server', {});
  const url = `http://127.0.0.1:${server.ready.port}${server.ready.path}`;
  const gateway = (engine, policies) =>
    startWorker('gateway', { opa: engine, jwks, entry: { url, ...policies } });
  const workers = {
    [DIRECT]: server,
    [EMBEDDED]: await gateway({ bundle }, POLICIES),
    [REMOTE]: await gateway({ url: opa.url }, POLICIES),
    [BOTH]: await gateway({ url: opa.url }, RESULTS),
  };
  try {
    const calls = await measureCalls(workers, token, times);
    const lists = await measure(workers, token, { ...times, atOnce: 10, list: true });
    const streams = await measureStreams(workers, token);
    const sessions = await measureSessions(workers[REMOTE], token, times);
    const single = calls.rounds[1];
    return {
      tables: [
        calls.table,
        tableOf('tools/list, 50 tools filtered, 10 at once', lists),
        table('First event of a stream, ms', ['', 'p50', 'p99'], streams),
        table(`${SESSIONS} sessions with standing streams, remote OPA`, ['', 'figure'], sessions),
      ],
      goals: [
        atLeast('tools/call/s, remote OPA, 32 at once', medians(calls.rounds[32][REMOTE]).perSecond, 1_500),
        atMost(
          'added p50, 1 at once, remote OPA',
          difference(single[REMOTE], single[DIRECT], 'p50Ms'),
          1.5,
          ' ms',
        ),
      ],
      rounds: { calls: calls.rounds, lists, streams, sessions },
    };
  } finally {
    await Promise.all(Object.values(workers).map((worker) => worker.stop()));
    await opa.stop();
    remove();
  }
}

async function measureCalls(workers, token, times) {
  const rounds = {};
  const lines = [];
  for (const atOnce of LEVELS) {
    rounds[atOnce] = await measure(workers, token, { ...times, atOnce });
    lines.push(
      ...linesOf(rounds[atOnce]).map(([name, ...cells]) => [`${name}, ${atOnce} at once`, ...cells]),
    );
  }
  return { rounds, table: table('tools/call', HEAD, lines) };
}

/** Measures every worker in turn. The CPU time is that of the gateway, or of the server where no gateway is. */
async function measure(workers, token, { rounds, warmUp, warmUpMs, leadMs, ms, atOnce, list = false }) {
  const contenders = await Promise.all(
    Object.entries(workers).map(async ([name, worker]) => {
      const { port, path } = worker.ready;
      const load = await HttpLoad.open(port, atOnce);
      const ask = mcpAsker(load, path, token, { list, ...(name !== DIRECT && { shown: SHOWN }) });
      let next = 0;
      const run = async (how) => {
        const driven = await drive(ask, { atOnce, from: next, ...how });
        next = driven.next;
        return driven;
      };
      await run({ count: Math.ceil(warmUp * WARM_UP_SHARE), ms: warmUpMs });
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
      return { name, measure: measureOne, close: () => load.close() };
    }),
  );
  const measured = await interleave(contenders, rounds);
  for (const { close } of contenders) close();
  return measured;
}

async function measureStreams(workers, token) {
  const lines = [];
  for (const [name, { ready }] of Object.entries(workers)) {
    const taken = [];
    for (let n = 0; n < STREAMS; n += 1) taken.push(await firstEvent(ready.port, ready.path, token, n));
    lines.push([name, median(taken).toFixed(2), percentile(taken, 0.99).toFixed(2)]);
  }
  return lines;
}

async function measureSessions(worker, token, times) {
  const { port, path } = worker.ready;
  const before = await worker.call('weigh');
  const start = performance.now();
  const streams = await Promise.all(Array.from({ length: SESSIONS }, () => openSession(port, path, token)));
  const opened = performance.now() - start;
  const added = (await worker.call('weigh')) - before;
  const measured = await measure({ [REMOTE]: worker }, token, { ...times, atOnce: 10 });
  const { perSecond, p50Ms, p99Ms } = medians(measured[REMOTE]);
  for (const stream of streams) stream.destroy();
  return [
    ['opened at once in, ms', opened.toFixed(0)],
    ['memory a session, KiB', (added / SESSIONS / 1024).toFixed(0)],
    ['tools/call/s meanwhile, 10 at once', perSecond.toFixed(0)],
    ['p50, ms', p50Ms.toFixed(2)],
    ['p99, ms', p99Ms.toFixed(2)],
  ];
}

const HEAD = ['', '/s', 'p50 ms', 'p99 ms', 'CPU µs'];

const linesOf = (rounds) =>
  Object.entries(rounds).map(([name, measurements]) => {
    const { perSecond, p50Ms, p99Ms, cpuMicros } = medians(measurements);
    return [name, perSecond.toFixed(0), p50Ms.toFixed(2), p99Ms.toFixed(2), cpuMicros.toFixed(0)];
  });

const tableOf = (title, rounds) => table(title, HEAD, linesOf(rounds));
