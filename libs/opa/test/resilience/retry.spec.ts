import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createServer } from 'node:http';
import { settles } from '../faults/support/leftovers.js';
import { BoundedWaits } from '../../src/transport/index.js';
import { httpServer } from '../support.js';
import type { Step } from './support.js';
import { cleanUp, closing, fakeClock, gate, scripted, start, healthy } from './support.js';

const quick = { minDelay: 0, maxDelay: 5 };
afterEach(async () => {
  jest.restoreAllMocks();
  await cleanUp();
});

describe('the retry', () => {
  it.each([
    ['a reset', 'reset'],
    ['429', 429],
    ['502', 502],
    ['503', 503],
    ['504', 504],
    ['429 with Retry-After', [429, { 'retry-after': '0' }]],
  ] as const)('sends the query once more after %s', async (_name, step) => {
    const server = await scripted(typeof step === 'object' ? [step[0], step[1]] : step, healthy);
    const opa = await start({ url: server.url, retry: quick });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    expect(server.queries()).toBe(2);
    expect(opa.stats()).toMatchObject({ retries: 1, decisions: { allow: 1, error: 0 } });
  });

  it('sends the query once more after a refused connection', async () => {
    const closedServer = await httpServer(() => undefined);
    await closedServer.close();
    const pause = jest.spyOn(BoundedWaits.prototype, 'pause');
    const opa = await start({
      url: closedServer.url,
      timeout: 15_000,
      retry: { minDelay: 300, maxDelay: 300 },
    });
    const decision = opa.decide({ input: 1 });
    await settles(() => pause.mock.calls.length, 1);
    const back = createServer((_request, response) => response.end('{"result":true}'));
    closing({
      close: async () => {
        back.closeAllConnections();
        await new Promise((resolve) => back.close(resolve));
      },
    });
    back.listen(Number(new URL(closedServer.url).port), '127.0.0.1');
    await expect(decision).resolves.toMatchObject({ outcome: 'allow' });
    expect(opa.stats().retries).toBe(1);
  });

  it.each([
    ['the least', 0, 25],
    ['the middle', 0.5, 137.5],
    ['the most', 1 - 2 ** -53, 250],
  ])('pauses for a random time between its default bounds: %s', async (_name, drawn, ms) => {
    const server = await scripted(503, healthy);
    const opa = await start({ url: server.url, timeout: 60_000 });
    jest.spyOn(Math, 'random').mockReturnValue(drawn);
    const pause = jest.spyOn(BoundedWaits.prototype, 'pause');
    await opa.decide({ input: 1 });
    expect(pause.mock.calls).toEqual([[expect.closeTo(ms), undefined]]);
  });

  it('happens once by default', async () => {
    const server = await scripted(503);
    const opa = await start({ url: server.url });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE', status: 503 });
    expect(server.queries()).toBe(2);
  });

  it.each([
    [400, 'OPA_BAD_ANSWER'],
    [401, 'OPA_UNAUTHORIZED'],
    [404, 'OPA_BAD_ANSWER'],
    [500, 'OPA_POLICY_ERROR'],
  ] as const)('does not follow status %d', async (status, code) => {
    const server = await scripted(status, healthy);
    const opa = await start({ url: server.url, retry: quick });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code });
    expect(server.queries()).toBe(1);
  });

  it('does not happen with retry: false', async () => {
    const server = await scripted(503, healthy);
    const opa = await start({ url: server.url, retry: false });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    expect(server.queries()).toBe(1);
  });

  it('does not happen when Retry-After points beyond the deadline', async () => {
    const server = await scripted([429, { 'retry-after': '30' }], healthy);
    const opa = await start({ url: server.url, retry: quick });
    const failed = opa.decide({ input: 1 });
    await expect(failed).rejects.toMatchObject({ code: 'OPA_OVERLOADED', retryAfterMs: 30_000 });
    expect(server.queries()).toBe(1);
  });

  it('stays an overload when the next try cannot connect, so that a flood does not lead to fail-open', async () => {
    const server = await scripted(429, 503);
    const opa = await start({ url: server.url, retry: quick, onUnavailable: 'allow' });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    expect(server.queries()).toBe(2);
  });

  it.each([
    [500, 'OPA_POLICY_ERROR'],
    [401, 'OPA_UNAUTHORIZED'],
    [400, 'OPA_BAD_ANSWER'],
    [429, 'OPA_OVERLOADED'],
  ] as const)(
    'reports the definite failure of the second try after an overload: %d',
    async (status, code) => {
      const server = await scripted(429, status);
      const opa = await start({ url: server.url, retry: quick });
      await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code, status });
      expect(server.queries()).toBe(2);
    },
  );

  it('ends when its caller aborts, also after an overload', async () => {
    const second = gate();
    const server = await scripted(429, second.step);
    const opa = await start({ url: server.url, timeout: 15_000, retry: quick });
    const caller = new AbortController();
    const decision = opa.decide({ input: 1, signal: caller.signal });
    await second.reached;
    caller.abort();
    await expect(decision).rejects.toMatchObject({ code: 'OPA_ABORTED' });
    second.open();
  });

  it('ends its pause when the caller disconnects', async () => {
    const server = await scripted(503);
    const opa = await start({
      url: server.url,
      timeout: 15_000,
      retry: { minDelay: 10_000, maxDelay: 10_000 },
    });
    const caller = new AbortController();
    const failed = opa.decide({ input: 1, signal: caller.signal });
    await settles(() => [server.queries(), opa.stats().sockets.inUse], [1, 0]);
    caller.abort();
    await expect(failed).rejects.toMatchObject({ code: 'OPA_ABORTED' });
    expect(server.queries()).toBe(1);
    expect(opa.stats().retries).toBe(0);
  });

  it('waits as long as Retry-After says, in seconds', async () => {
    let over = false;
    const server = await scripted(
      (_request, response) => {
        setTimeout(() => (over = true), 900);
        response.writeHead(503, { 'retry-after': '1' }).end();
      },
      (_request, response) => response.end(JSON.stringify({ result: over })),
    );
    const opa = await start({ url: server.url, timeout: 15_000 });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
  });

  it('waits as long as Retry-After says, as a date', async () => {
    let due = Infinity;
    const server = await scripted(
      (_request, response) => {
        // HTTP's dates have whole seconds.
        due = Math.ceil(Date.now() / 1_000 + 1) * 1_000;
        response.writeHead(429, { 'retry-after': new Date(due).toUTCString() }).end();
      },
      (_request, response) => response.end(JSON.stringify({ result: Date.now() >= due - 2 })),
    );
    const opa = await start({ url: server.url, timeout: 15_000 });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
  });

  it.each(['', 'soon', '-1', new Date(0).toUTCString()])(
    'uses its own pause when Retry-After is %j',
    async (value) => {
      const server = await scripted([503, { 'retry-after': value }], healthy);
      const opa = await start({ url: server.url, retry: quick });
      await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    },
  );
});

describe('the retry budget', () => {
  // A slow machine must not have its 10 seconds pass.
  let clock: ReturnType<typeof fakeClock>;
  beforeEach(() => void (clock = fakeClock()));

  it('is 10 retries, or 10 % of the decisions', async () => {
    const server = await scripted(503);
    const opa = await start({ url: server.url, retry: quick, circuitBreaker: false });
    const ask = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) await opa.decide({ input: i }).catch(() => undefined);
    };
    await ask(50);
    expect(opa.stats().retries).toBe(10);
    await ask(150);
    expect(opa.stats().retries).toBe(20);
    expect(server.queries()).toBe(220);
  });

  it.each<[string, Step]>([
    ['OPA answers 503', 503],
    ['OPA answers 429', 429],
    ['OPA resets each connection', 'reset'],
  ])('holds when many decisions fail at once: %s', async (_name, step) => {
    const server = await scripted(step);
    const opa = await start({
      url: server.url,
      timeout: 15_000,
      pool: { maxSockets: 50, connectTimeout: 15_000 },
      retry: { ...quick, retries: 3 },
      circuitBreaker: false,
    });
    const decisions = Array.from({ length: 500 }, (_, input) => opa.decide({ input }));
    const settled = await Promise.allSettled(decisions);
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    expect(server.queries()).toBe(550);
    expect(opa.stats()).toMatchObject({ retries: 50, decisions: { error: 500 } });
  });

  it('grows with successful decisions', async () => {
    const server = await scripted(...Array.from({ length: 300 }, () => healthy), 503);
    const opa = await start({ url: server.url, retry: { ...quick, retries: 100 }, circuitBreaker: false });
    for (let i = 0; i < 300; i += 1) await opa.decide({ input: i });
    await expect(opa.decide({ input: 300 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    expect(opa.stats().retries).toBe(31);
  });

  it('is restored after 10 seconds, and not before', async () => {
    const server = await scripted(503);
    const opa = await start({ url: server.url, timeout: 60_000, retry: quick, circuitBreaker: false });
    const ask = async (): Promise<number> => {
      for (let i = 0; i < 20; i += 1) await opa.decide({ input: i }).catch(() => undefined);
      return opa.stats().retries;
    };
    expect(await ask()).toBe(10);
    clock.pass(9_800);
    expect(await ask()).toBe(10);
    clock.pass(201);
    expect(await ask()).toBe(20);
  });
});
