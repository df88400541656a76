import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import opaWasm from '@open-policy-agent/opa-wasm';
import { loadPlan } from 'opa-plan';
import { watchCpu, watchLoop } from '../lib/gauges.mjs';
import { question } from '../lib/plan-bundles.mjs';
import { serve, task } from '../lib/worker.mjs';

const { engine, bundle, path, data, lazy } = task();
const inflate = promisify(gunzip);
/** From --expose-gc. */
const { gc } = globalThis;
const QUESTIONS = Array.from({ length: 1_000 }, (_, n) => question(n));

/** A file out of a bundle. */
const fileOf = (name) =>
  execFileSync('tar', ['-xzOf', bundle, name], { maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'ignore'] });

async function openWasm() {
  const policy = await opaWasm.loadPolicy(fileOf('/policy.wasm'));
  policy.setData(JSON.parse(fileOf('/data.json').toString()));
  return (input) => policy.evaluate(input, path)[0]?.result;
}

async function openPlan() {
  const policy = await loadPlan(bundle);
  return (input, options) => policy.evaluate(path, input, options);
}

const evaluate = !lazy && (await (engine === 'wasm' ? openWasm() : openPlan()));

function many(count) {
  for (let n = 0; n < count; n += 1) evaluate(QUESTIONS[n % QUESTIONS.length]);
}

function collected() {
  gc();
  gc();
  return process.memoryUsage();
}

/** What is alive, in bytes: objects, compiled code and buffers. */
function live() {
  const { heapUsed, external } = collected();
  return heapUsed + external;
}

serve({
  /** CPU of one evaluation, in microseconds. */
  cpu: ({ count }) => {
    many(count / 4);
    const cpu = watchCpu();
    many(count);
    return cpu() / count;
  },
  answers: () => QUESTIONS.slice(0, 200).map((input) => evaluate(input)),
  /** By how many milliseconds evaluations outlast their deadlines. Another process that has the core counts too. */
  overshoot: ({ times, limitMs }) =>
    Array.from({ length: times }, () => {
      const deadline = performance.now() + limitMs;
      try {
        evaluate({}, { deadline });
      } catch (error) {
        if (error.code === 'DEADLINE_EXCEEDED') return performance.now() - deadline;
        throw error;
      }
      throw new Error('The endless policy ended.');
    }),
  weigh: ({ count }) => {
    many(count);
    return live();
  },
  /**
   * How long the data takes alone, by JSON.parse and when they are packed, and how long the whole bundle; also how long
   * the load of the bundle blocks the event loop. Each is the least of several, because others use the machine too.
   */
  load: async ({ times }) => {
    const text = await readFile(data, 'utf8');
    const packed = gzipSync(text);
    const timed = async (act) => {
      const durations = [];
      for (let n = 0; n < times; n += 1) {
        const begin = performance.now();
        await act();
        durations.push(performance.now() - begin);
      }
      return Math.min(...durations);
    };
    const parseMs = await timed(() => JSON.parse(text));
    const bareMs = await timed(async () => JSON.parse((await inflate(packed)).toString()));
    const loadMs = await timed(() => loadPlan(bundle));
    const stalls = [];
    for (let n = 0; n < times; n += 1) {
      const stall = await watchLoop(1);
      await loadPlan(bundle);
      stalls.push(stall());
    }
    return { parseMs, bareMs, loadMs, stallMs: Math.min(...stalls) };
  },
  /** What the loaded policy adds to the process's memory, for each byte of the data's text. */
  resident: async () => {
    const { length } = await readFile(data);
    const before = collected().rss;
    const policy = await loadPlan(bundle);
    // Node frees the buffers of what was read a turn later.
    await setImmediate();
    const added = collected().rss - before;
    policy.evaluate(path, question(0));
    return added / length;
  },
  reload: async ({ times }) => {
    const bytes = await readFile(bundle);
    for (let n = 0; n < times; n += 1)
      (await loadPlan(bytes)).evaluate(path, QUESTIONS[n % QUESTIONS.length]);
    return live();
  },
});
