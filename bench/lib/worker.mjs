import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';

/**
 * @typedef {object} Worker
 * @property {object} ready - the message of the worker when it was ready
 * @property {(name: string, args?: object, limitMs?: number) => Promise<any>} call - runs one of its handlers
 * @property {() => Promise<void>} stop
 */

/** The default limit of a call, and the limit of a worker's end, in milliseconds. */
const LIMIT_MS = 30_000;

/**
 * A heap that is large from the start, for all alike. A full garbage collection while a process starts makes V8 forget what
 * `process.nextTick` does, and every tick takes five times as long for good; whether there is one is a matter of luck.
 */
const HEAP = '--initial-heap-size=512';

/**
 * Starts a worker in a process of its own, so that its CPU time and memory include no other code.
 *
 * @param {'client' | 'app' | 'steady' | 'delay' | 'gateway' | 'mcp-server' | 'rest-server' | 'fastify-proxy' | 'plan'} name - its file in `workers`
 * @param {object} task - what it is started for
 * @returns {Promise<Worker>}
 */
export async function startWorker(name, task) {
  const child = fork(join(import.meta.dirname, '..', 'workers', `${name}.mjs`), [JSON.stringify(task)], {
    execArgv: [...process.execArgv, '--expose-gc', HEAP],
  });
  const exited = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`The ${name} worker of ${JSON.stringify(task)} ended with ${code ?? signal}.`);
  });
  exited.catch(() => undefined);
  const answer = async (limitMs) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    const [{ value, error }] = await Promise.race([once(child, 'message'), exited]);
    clearTimeout(timer);
    if (error !== undefined) throw new Error(error);
    return value;
  };
  const call = (handler, args = {}, limitMs = LIMIT_MS) => {
    child.send({ handler, args });
    return answer(limitMs);
  };
  const stop = async () => {
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    if (child.connected) child.disconnect();
    await exited.catch(() => clearTimeout(timer));
  };
  return { ready: await answer(LIMIT_MS), call, stop };
}

/**
 * Serves the calls of the parent process, and ends with the parent process.
 *
 * @param {Record<string, (args: any) => unknown>} handlers
 * @param {object} [ready] - the first message to the process that started the worker
 */
export function serve(handlers, ready = {}) {
  process.on('message', async ({ handler, args }) => {
    try {
      process.send({ value: (await handlers[handler](args)) ?? null });
    } catch (error) {
      process.send({ error: error.stack });
    }
  });
  // Exits without closing: an idle socket or a server would keep the process alive.
  process.once('disconnect', () => process.exit());
  process.send({ value: ready });
}

/** What this worker was started for. */
export function task() {
  return JSON.parse(process.argv[2]);
}
