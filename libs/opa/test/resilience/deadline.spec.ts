import { expect, it } from '@jest/globals';
import type { PolicyEngine } from '../../src/contracts/index.js';
import { DeadlineEngine } from '../../src/resilience/index.js';
import { BoundedWaits } from '../../src/transport/index.js';
import { unblocked } from '../support/unblocked.js';

/** Blocks the event loop until a time on the clock of `performance.now()`. */
function block(until: number): void {
  while (performance.now() < until);
}

it.each<[title: string, code: string, evaluate: PolicyEngine['evaluate']]>([
  ['does not answer', 'OPA_TIMEOUT', () => new Promise(() => undefined)],
  [
    'blocks the event loop until after the deadline',
    'OPA_OVERLOADED',
    (_, { deadline }) => {
      block(deadline + 50);
      return new Promise(() => undefined);
    },
  ],
])('an engine of the user that %s fails with %s', async (_, code, evaluate) => {
  const waits = new BoundedWaits();
  const engine = new DeadlineEngine({ name: 'slow', evaluate }, waits);
  const query = { policy: 'p/allow', input: {} };
  // The one evaluation blocks the event loop itself.
  const once = code === 'OPA_OVERLOADED' ? <T>(run: () => Promise<T>) => run() : unblocked;
  const error = await once(() =>
    engine.evaluate(query, { deadline: performance.now() + 100 }).catch((reason: unknown) => reason),
  );
  expect(error).toMatchObject({
    code,
    message: expect.stringContaining('The engine "slow"'),
  });
  waits.close();
});
