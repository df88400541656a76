/**
 * @typedef {(n: number) => Promise<void>} Ask - puts the n-th question; rejects when there is no answer, and with
 *   {@link WrongAnswer} when the response is wrong
 * @typedef {{ latencies: number[], failures: Record<string, number>, next: number, ms: number }} Driven
 */

/** A wrong result. A fast wrong result is worth nothing, so it ends the benchmark. */
export class WrongAnswer extends Error {
  constructor(n, actual, expected) {
    super(`question ${n}: ${actual} instead of ${expected}`);
  }
}

/**
 * Keeps a fixed number of queries in flight until the time is over, or until `count` queries were sent.
 *
 * @param {Ask} ask
 * @param {{ atOnce: number, from: number, ms?: number, count?: number }} load - `from` is the first question's number
 * @returns {Promise<Driven>}
 */
export async function drive(ask, { atOnce, from, ms = Infinity, count = Infinity }) {
  const latencies = [];
  // The memory of a million latencies would count as memory of the client.
  const keep = count === Infinity;
  const failures = {};
  const start = performance.now();
  const end = start + ms;
  const last = from + count;
  let next = from;
  const lane = async () => {
    for (let at = performance.now(); at < end && next < last; at = performance.now()) {
      await ask(next++).then(
        () => keep && latencies.push(performance.now() - at),
        (error) => countFailure(failures, error),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { latencies, failures, next, ms: performance.now() - start };
}

/**
 * Sends queries at a fixed rate, independent of the responses, until a promise settles.
 *
 * @param {Ask} ask
 * @param {number} perSecond
 * @param {Promise<unknown>} until
 * @returns {Promise<number[]>} the latencies
 */
export async function pace(ask, perSecond, until) {
  const latencies = [];
  const answers = [];
  const start = performance.now();
  let over = false;
  until.finally(() => (over = true)).catch(() => undefined);
  while (!over) {
    const due = Math.floor(((performance.now() - start) / 1_000) * perSecond);
    while (answers.length < due) {
      const at = performance.now();
      answers.push(ask(answers.length).then(() => latencies.push(performance.now() - at)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(answers);
  return latencies;
}

function countFailure(failures, error) {
  if (error instanceof WrongAnswer) throw error;
  const code = error.code ?? error.name;
  failures[code] = (failures[code] ?? 0) + 1;
}
