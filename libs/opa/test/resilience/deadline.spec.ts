import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { PolicyEngine } from '../../src/contracts/index.js';
import { DeadlineEngine } from '../../src/resilience/index.js';
import { BoundedWaits } from '../../src/transport/index.js';
import { ignoreStalls } from '../support/stalls.js';

let waits: BoundedWaits;
beforeEach(() => void (waits = new BoundedWaits()));
afterEach(() => waits.close());

/** Gives an evaluation 100 ms. */
function evaluateWith(evaluate: PolicyEngine['evaluate']): Promise<unknown> {
  const engine = new DeadlineEngine({ name: 'slow', evaluate }, waits);
  return engine.evaluate({ policy: 'p/allow', input: {} }, { deadline: performance.now() + 100 });
}

const failure = (code: string): object => ({
  code,
  message: expect.stringContaining('The engine "slow"'),
});

describe('an engine of the user that does not answer', () => {
  ignoreStalls();

  it('fails with OPA_TIMEOUT', async () => {
    const evaluated = evaluateWith(() => new Promise(() => undefined));
    await expect(evaluated).rejects.toMatchObject(failure('OPA_TIMEOUT'));
  });
});

it('an engine of the user that blocks the event loop until after the deadline fails with OPA_OVERLOADED', async () => {
  const evaluated = evaluateWith((_, { deadline }) => {
    while (performance.now() < deadline + 50);
    return new Promise(() => undefined);
  });
  await expect(evaluated).rejects.toMatchObject(failure('OPA_OVERLOADED'));
});
