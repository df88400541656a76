import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * @typedef {{ client: string, url: string, atOnce: number, warmupMs: number, measureMs: number }} Task
 * @typedef {object} Measurement
 * @property {number} cpuMicros - user and system time of the client's process for one decision, µs
 * @property {number} perSecond - decisions a second
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} stallMs - the longest time that the event loop was held
 * @property {number} sockets - sockets opened, the warm-up's included
 * @property {number} failed - questions without an answer
 */

const WORKER = join(import.meta.dirname, '..', 'worker.mjs');
/** What a worker may take beyond its load to start and to end, in milliseconds. */
const GRACE_MS = 20_000;

/**
 * Measures one client in a child process, which is ended when it takes too long.
 *
 * @param {Task} task
 * @returns {Promise<{ measurement: Measurement, failures: Record<string, number> }>}
 */
export async function measure(task) {
  const child = fork(WORKER, [JSON.stringify(task)], {
    timeout: task.warmupMs + task.measureMs + GRACE_MS,
    killSignal: 'SIGKILL',
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  let found;
  child.once('message', (message) => (found = message));
  const [code, signal] = await once(child, 'exit');
  process.off('exit', end);
  if (code !== 0 || found === undefined) {
    throw new Error(`The worker of "${task.client}" at ${task.atOnce} at once ended with ${code ?? signal}.`);
  }
  return found;
}
