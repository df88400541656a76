import { afterEach, describe, expect, it } from '@jest/globals';
import { cleanUp, scripted, start, well } from './support.js';

const quick = { minDelay: 0, maxDelay: 5 };
afterEach(cleanUp);

describe('retry', () => {
  it.each([
    ['a reset', 'reset'],
    ['429', 429],
    ['502', 502],
    ['503', 503],
    ['504', 504],
    ['429 with Retry-After', [429, { 'retry-after': '0' }]],
  ] as const)('asks once more after %s', async (_name, step) => {
    const server = await scripted(typeof step === 'object' ? [step[0], step[1]] : step, well);
    const opa = await start({ url: server.url, retry: quick });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    expect(server.asked()).toBe(2);
    expect(opa.stats()).toMatchObject({ retries: 1, decisions: { allow: 1, error: 0 } });
  });

  it('is on by default, once', async () => {
    const server = await scripted(503);
    const opa = await start({ url: server.url });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE', status: 503 });
    expect(server.asked()).toBe(2);
  });

  it.each([
    [400, 'OPA_BAD_ANSWER'],
    [401, 'OPA_UNAUTHORIZED'],
    [404, 'OPA_BAD_ANSWER'],
    [500, 'OPA_POLICY_ERROR'],
  ] as const)('does not ask again after %d', async (status, code) => {
    const server = await scripted(status, well);
    const opa = await start({ url: server.url, retry: quick });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code });
    expect(server.asked()).toBe(1);
  });

  it('does not ask again when it is off', async () => {
    const server = await scripted(503, well);
    const opa = await start({ url: server.url, retry: false });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    expect(server.asked()).toBe(1);
  });

  it('gives up at once when Retry-After lies behind the deadline', async () => {
    const server = await scripted([429, { 'retry-after': '30' }], well);
    const opa = await start({ url: server.url, retry: quick });
    const failed = opa.decide({ input: 1 });
    await expect(failed).rejects.toMatchObject({ code: 'OPA_OVERLOADED', retryAfterMs: 30_000 });
    expect(server.asked()).toBe(1);
  });

  it('stays an overload when a later try finds nobody: a flood opens no door', async () => {
    const server = await scripted(429, 503);
    const opa = await start({ url: server.url, retry: quick, onUnavailable: 'allow' });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    expect(server.asked()).toBe(2);
  });

  it('ends a pause when its caller goes away', async () => {
    const server = await scripted(503);
    const opa = await start({
      url: server.url,
      timeout: 15_000,
      retry: { minDelay: 10_000, maxDelay: 10_000 },
    });
    const caller = new AbortController();
    const failed = opa.decide({ input: 1, signal: caller.signal });
    while (opa.stats().retries === 0) await new Promise((resolve) => setImmediate(resolve));
    caller.abort();
    await expect(failed).rejects.toMatchObject({ code: 'OPA_ABORTED' });
    expect(server.asked()).toBe(1);
  });

  it('takes no more than its budget: 10, or 10 % of the decisions', async () => {
    const server = await scripted(503);
    const opa = await start({ url: server.url, retry: quick, circuitBreaker: false });
    const ask = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) await opa.decide({ input: i }).catch(() => undefined);
    };
    await ask(50);
    expect(opa.stats().retries).toBe(10);
    await ask(150);
    expect(opa.stats().retries).toBe(20);
    expect(server.asked()).toBe(220);
  });
});
