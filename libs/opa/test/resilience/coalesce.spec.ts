import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { BaseEngine } from '../../src/contracts/index.js';
import { CoalescingEngine } from '../../src/resilience/index.js';
import { BoundedWaits } from '../../src/transport/index.js';
import { ignoreStalls } from '../support/stalls.js';
import { cleanUp, gate, scripted, start, healthy } from './support.js';

/** Never answers. */
class HangingEngine extends BaseEngine {
  readonly name = 'hanging';

  evaluateNow(): Promise<never> {
    return new Promise(() => undefined);
  }
}

ignoreStalls();
afterEach(cleanUp);

describe('coalescing of identical queries', () => {
  it('sends identical concurrent queries once, and sends a later one again', async () => {
    const first = gate();
    const server = await scripted(first.step, healthy);
    const opa = await start({ url: server.url, coalesce: true });
    const decisions = Array.from({ length: 20 }, () => opa.decide({ input: { a: 1 } }));
    await first.reached;
    first.open();
    expect((await Promise.all(decisions)).every(({ allowed }) => allowed)).toBe(true);
    expect(server.queries()).toBe(1);
    await opa.decide({ input: { a: 1 } });
    expect(server.queries()).toBe(2);
  });

  it('sends queries separately when policy or input differ', async () => {
    const server = await scripted(healthy);
    const opa = await start({ url: server.url, coalesce: true });
    await Promise.all([
      opa.decide({ input: 1 }),
      opa.decide({ input: 2 }),
      opa.decide({ policy: 'c/d', input: 1 }),
      opa.decide({ input: undefined }),
    ]);
    expect(server.queries()).toBe(4);
  });

  it('is off by default', async () => {
    const server = await scripted(healthy);
    const opa = await start({ url: server.url });
    await Promise.all([opa.decide({ input: 1 }), opa.decide({ input: 1 })]);
    expect(server.queries()).toBe(2);
  });

  it('keeps the call alive when one caller disconnects, even the first one', async () => {
    const call = gate();
    const server = await scripted(call.step, healthy);
    const opa = await start({ url: server.url, coalesce: true });
    const caller = new AbortController();
    const aborted = opa.decide({ input: 1, signal: caller.signal });
    const stays = opa.decide({ input: 1 });
    await call.reached;
    caller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'OPA_ABORTED' });
    call.open();
    await expect(stays).resolves.toMatchObject({ outcome: 'allow' });
    expect(server.queries()).toBe(1);
  });

  it('aborts the call when all callers have disconnected; the next caller starts a new call', async () => {
    const call = gate();
    const server = await scripted(call.step, healthy);
    const opa = await start({ url: server.url, coalesce: true });
    const caller = new AbortController();
    const aborted = [1, 2].map(() => opa.decide({ input: 1, signal: caller.signal }));
    await call.reached;
    caller.abort();
    for (const decision of aborted) await expect(decision).rejects.toMatchObject({ code: 'OPA_ABORTED' });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    expect(server.queries()).toBe(2);
    expect(opa.stats().sockets.inUse).toBe(0);
    call.open();
  });

  it.each([
    ['with a cache', { max: 10, allowTtl: 10_000, denyTtl: 10_000 }],
    ['without one', false],
  ] as const)('shares no call that started before a purge, %s', async (_name, cache) => {
    const before = gate();
    const server = await scripted(before.step, { result: false });
    const opa = await start({ url: server.url, coalesce: true, cache, timeout: 15_000 });
    const earlier = [1, 2].map(() => opa.decide({ input: 1 }));
    await before.reached;
    await opa.purge();
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'deny' });
    before.open();
    for (const decision of earlier) await expect(decision).resolves.toMatchObject({ outcome: 'allow' });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'deny' });
    expect(server.queries()).toBe(cache === false ? 3 : 2);
  });

  it('lets each caller keep its own deadline: a caller with less time sends its own query', async () => {
    const call = gate();
    const server = await scripted(call.step, () => undefined);
    const opa = await start({ url: server.url, coalesce: true, timeout: 15_000 });
    const patient = opa.decide({ input: 1 });
    await call.reached;
    await expect(opa.decide({ input: 1, timeout: 500 })).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    call.open();
    await expect(patient).resolves.toMatchObject({ outcome: 'allow' });
  });

  it('shares no call that is older than a query which had to be sent separately', async () => {
    const older = gate();
    const server = await scripted(older.step, { result: false });
    const cache = { max: 10, allowTtl: 10_000, denyTtl: 0 };
    const opa = await start({ url: server.url, coalesce: true, cache, timeout: 15_000 });
    const earlier = opa.decide({ input: 1 });
    await older.reached;
    const later = [10_000, 15_000].map((timeout) => opa.decide({ input: 1, timeout }));
    for (const decision of later) await expect(decision).resolves.toMatchObject({ outcome: 'deny' });
    older.open();
    await expect(earlier).resolves.toMatchObject({ outcome: 'allow' });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'deny' });
  });

  it('times out one caller while others still wait for a call that outlasts its deadline', async () => {
    const waits = new BoundedWaits();
    const engine = new CoalescingEngine(new HangingEngine(), waits);
    const begin = performance.now();
    const ask = (timeout: number): Promise<unknown> =>
      engine.evaluate({ policy: 'a/b', input: 1 }, { deadline: begin + timeout });
    const [first, second, third] = [ask(50), ask(60), ask(15_000)];
    await expect(first).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    await expect(second).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    waits.close();
    await expect(third).rejects.toMatchObject({ code: 'OPA_CLOSED' });
  });

  it('reports a timeout to every caller when OPA hangs, and no overload after another query', async () => {
    const server = await scripted(() => undefined);
    const opa = await start({ url: server.url, coalesce: true, timeout: 1_000, circuitBreaker: false });
    // The machine may stall between two calls. All callers have the same deadline here.
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    const pending = Array.from({ length: 50 }, () => opa.decide({ input: 1 }));
    clock.mockRestore();
    const decisions = await Promise.allSettled(pending);
    const codes = decisions.map(
      (decision) => decision.status === 'rejected' && (decision.reason as { code: string }).code,
    );
    expect(new Set(codes)).toEqual(new Set(['OPA_TIMEOUT']));
  });

  it('reports an overload to every caller when no socket was free, so that no caller fails open', async () => {
    const server = await scripted(() => undefined);
    const opa = await start({
      url: server.url,
      coalesce: true,
      onUnavailable: 'allow',
      circuitBreaker: false,
      pool: { maxSockets: 1 },
    });
    const holds = opa.decide({ input: 'other', timeout: 1_000 });
    const timeouts = [300, 300, 200, 300, 250];
    const decisions = timeouts.map((timeout) => opa.decide({ input: 1, timeout }));
    for (const decision of decisions)
      await expect(decision).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    await expect(holds).resolves.toMatchObject({ degraded: 'fail-open' });
  });

  it.each([
    ['with a cache', { max: 10, allowTtl: 10_000, denyTtl: 10_000 }],
    ['without one', false],
  ] as const)('gives each caller an immutable decision, %s', async (_name, cache) => {
    const call = gate(200, { allow: true, obligations: [{ type: 'mask', properties: { paths: ['a'] } }] });
    const server = await scripted(call.step);
    const opa = await start({ url: server.url, coalesce: true, cache });
    const decisions = [1, 2].map(() => opa.decide({ input: 1 }));
    await call.reached;
    call.open();
    const [first, second] = await Promise.all(decisions);
    expect(second).toEqual({ ...first, durationMs: expect.any(Number) });
    expect(second).not.toBe(first);
    expect(() => ((first?.result as { allow: boolean }).allow = false)).toThrow('read only');
    const [obligation] = second?.obligations ?? [];
    expect(() => (obligation?.properties['paths'] as string[]).push('b')).toThrow('not extensible');
  });

  it('queries OPA again for a caller that has time left when the first caller has none', async () => {
    const never = gate();
    const server = await scripted(never.step, healthy);
    const opa = await start({ url: server.url, coalesce: true, timeout: 15_000 });
    const hasty = opa.decide({ input: 1, timeout: 500 });
    const patient = opa.decide({ input: 1 });
    await expect(hasty).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    await expect(patient).resolves.toMatchObject({ outcome: 'allow' });
    expect(server.queries()).toBe(2);
    never.open();
  });
});
