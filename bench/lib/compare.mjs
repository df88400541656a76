import { startWorker } from './worker.mjs';

/**
 * @typedef {object} Measurement
 * @property {number} cpuMicros - user and system time of the client's process for one decision, µs
 * @property {number} perSecond - decisions a second
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} stallMs - the longest time that the event loop was held
 * @property {number} sockets - sockets that were open when the turn began, and those opened in it
 * @property {number} failed - questions without an answer
 * @typedef {object} Times
 * @property {number} rounds
 * @property {number} copies - processes for each of those that a goal compares closely; the others have one
 * @property {number} warmUp - questions before the first round, at the most
 * @property {number} warmUpMs - how long they may take: the slowest are warm with fewer
 * @property {number} leadMs - a turn's beginning, which isn't measured
 * @property {number} ms - its rest
 */

/**
 * A contender, as many times as it has processes.
 *
 * @param {readonly string[]} names
 * @param {readonly string[]} close - those that have copies
 * @param {number} copies
 */
export function field(names, close, copies) {
  const more = Array.from({ length: copies - 1 }, () => names.filter((name) => close.includes(name)));
  return [...names, ...more.flat()];
}

/**
 * Takes turns: each round measures every process once, in this order or the other way round, so that a machine that
 * grows slower does so for all of them.
 *
 * @template T
 * @param {readonly { name: string, measure: () => Promise<T> }[]} contenders
 * @param {number} rounds
 * @returns {Promise<Record<string, import('./statistics.mjs').Rounds<T>>>} by name
 */
export async function interleave(contenders, rounds) {
  const found = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of Object.keys(found)) found[name].push([]);
    for (const { name, measure } of round % 2 === 0 ? contenders : contenders.toReversed()) {
      found[name][round].push(await measure());
    }
  }
  return found;
}

/**
 * Measures clients against each other, with a few questions at once and then with more.
 *
 * @param {readonly string[]} names - of {@link field}
 * @param {{ url: string, levels: readonly number[], times: Times }} how - `levels` are how many at once
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
    const found = [];
    for (const atOnce of levels) found.push(await compare(atOnce));
    return found;
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}
