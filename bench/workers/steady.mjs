// A minimal client. It spreads its queries evenly over a second, and keeps its connections open.
import { setTimeout as after } from 'node:timers/promises';
import { MAX_SOCKETS } from '../lib/limits.mjs';
import { stallHandlers } from '../lib/gauges.mjs';
import { HttpLoad } from '../lib/http-load.mjs';
import { pace, WrongAnswer } from '../lib/load.mjs';
import { POLICY, question } from '../lib/question.mjs';
import { serve, task } from '../lib/worker.mjs';

const load = await HttpLoad.open(new URL(task().url).port, MAX_SOCKETS);

async function ask(n) {
  const { input, expected } = question(n);
  const { text } = await load.post(`/v1/data/${POLICY}`, '', JSON.stringify({ input }));
  const { result } = JSON.parse(text);
  if (result !== expected) throw new WrongAnswer(n, result, expected);
}

/** Sends the queries, the same number in each millisecond. */
async function burst({ count, from }) {
  const start = performance.now();
  await pace((n) => ask(from + n), count, after(1_000));
  return { ms: performance.now() - start };
}

serve({ ...stallHandlers(), burst });
