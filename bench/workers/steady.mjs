// As little of a client as there can be: it asks evenly over a second, over connections that stay open.
import { setTimeout as after } from 'node:timers/promises';
import { MAX_SOCKETS } from '../lib/clients.mjs';
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

/** Asks so many questions, as many in each millisecond as in any other. */
async function burst({ count, from }) {
  const start = performance.now();
  await pace((n) => ask(from + n), count, after(1_000));
  return { ms: performance.now() - start };
}

serve({ ...stallHandlers(), burst });
