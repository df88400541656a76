import { afterEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { cleanUp, fakeClock, scripted, start, healthy } from './support.js';

afterEach(async () => {
  await cleanUp();
  jest.restoreAllMocks();
});

it('the log shows when the circuit changes, and nothing for a trial that learns nothing', async () => {
  const clock = fakeClock();
  const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const server = await scripted(503, healthy);
  const opa = await start({ url: server.url, retry: false, circuitBreaker: { minimumCalls: 1 } });
  await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ status: 503 });
  clock.pass(1_001);
  for (let i = 0; i < 20; i += 1)
    await expect(opa.decide({ input: 1n })).rejects.toMatchObject({ code: 'OPA_BAD_INPUT' });
  await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
  const states = warn.mock.calls.map(([message]) => /circuit to OPA is (.*)\./.exec(String(message))?.[1]);
  expect(states).toEqual(['open', 'half-open', 'closed']);
});
