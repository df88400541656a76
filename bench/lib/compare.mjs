import { startWorker } from './worker.mjs';

/**
 * @typedef {object} Measurement
 * @property {number} cpuMicros - user and system time of the client's process for one decision, µs
 * @property {number} perSecond - decisions a second
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} stallMs - the longest time that the event loop was blocked
 * @property {number} sockets - sockets that were open at the start of the turn or opened during the turn
 * @property {number} failed - queries without a response
 * @typedef {object} Times
 * @property {number} rounds
 * @property {number} copies - processes of each contender that a goal compares closely; each other contender has one process
 * @property {number} warmUp - the most queries before the first round
 * @property {number} warmUpMs - the most time of the warm-up: slow contenders need fewer queries
 * @property {number} leadMs - the start of a turn, not measured
 * @property {number} ms - the measured part of a turn
 */

/**
 * Lists each contender once for each of its processes.
 *
 * @param {readonly string[]} names
 * @param {readonly string[]} close - the contenders that have copies
 * @param {number} copies
 */
export function field(names, close, copies) {
  const more = Array.from({ length: copies - 1 }, () => names.filter((name) => close.includes(name)));
  return [...names, ...more.flat()];
}

/**
 * Each round measures every process once. Every second round goes backwards, so that a machine that becomes slower
 * slows all contenders equally.
 *
 * @template T
 * @param {readonly { name: string, measure: () => Promise<T> }[]} contenders
 * @param {number} rounds
 * @returns {Promise<Record<string, import('./statistics.mjs').Rounds<T>>>} by name
 */
export async function interleave(contenders, rounds) {
  const results = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of Object.keys(results)) results[name].push([]);
    for (const { name, measure } of round % 2 === 0 ? contenders : contenders.toReversed()) {
      results[name][round].push(await measure());
    }
  }
  return results;
}

/**
 * Measures clients against each other, at several numbers of concurrent queries.
 *
 * @param {readonly string[]} names - of {@link field}
 * @param {{ url: string, levels: readonly number[], times: Times }} how - `levels` are the numbers of concurrent queries
 * @returns {Promise<Record<string, import('./statistics.mjs').Rounds<Measurement>>[]>} for each level, by name
 */
export async function compareClients(names, { url, levels, times }) {
  const { rounds, leadMs, ms } = times;
  const warmUp = { count: times.warmUp / levels.length, ms: times.warmUpMs / levels.length };
  const workers = await Promise.all(names.map((client) => startWorker('client', { client, url })));
  const compare = async (atOnce) => {
    for (const worker of workers) await worker.call('warmUp', { atOnce, ...warmUp });
    const contenders = names.map((name, i) => ({
      name,
      measure: async () => {
        const { measurement, failures } = await workers[i].call('turn', { atOnce, leadMs, ms });
        if (measurement.failed > 0) console.error(`${name}, ${atOnce} at once, failed:`, failures);
        return measurement;
      },
    }));
    return interleave(contenders, rounds);
  };
  try {
    const results = [];
    for (const atOnce of levels) results.push(await compare(atOnce));
    return results;
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}
