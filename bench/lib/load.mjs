import { question } from './question.mjs';

/**
 * Asks with a fixed number of decisions in flight until the time is over.
 *
 * @param {import('./clients.mjs').Client} client
 * @param {{ atOnce: number, ms: number, from: number }} load - `from` is the first question's number
 * @returns {Promise<{ latencies: number[], failures: Record<string, number>, next: number, ms: number }>}
 * @throws when an answer is not the policy's: a fast wrong answer is worth nothing
 */
export async function drive(client, { atOnce, ms, from }) {
  const latencies = [];
  const failures = {};
  const start = performance.now();
  const end = start + ms;
  let next = from;
  const lane = async () => {
    for (let at = performance.now(); at < end; at = performance.now()) {
      const { input, expected } = question(next++);
      let allowed;
      try {
        allowed = await client.ask(input);
      } catch (error) {
        const code = error.code ?? error.name;
        failures[code] = (failures[code] ?? 0) + 1;
        continue;
      }
      if (allowed !== expected) throw new Error(`question ${next}: ${allowed} instead of ${expected}`);
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { latencies, failures, next, ms: performance.now() - start };
}
