import { afterEach, describe, expect, it } from '@jest/globals';
import type { DecisionStore, StoredDecision } from 'nestjs-opa';
import type { Step } from './support.js';
import { cleanUp, fakeClock, gate, scripted, start, healthy } from './support.js';

afterEach(cleanUp);

const cache = { max: 100, allowTtl: 10_000, denyTtl: 1_000 };

/** The smallest possible asynchronous store, without `delete`. */
function mapStore(entries = new Map<string, StoredDecision>()): DecisionStore {
  return {
    get: (key) => Promise.resolve(entries.get(key)),
    set: (key, value) => Promise.resolve(void entries.set(key, value)),
    clear: () => entries.clear(),
  };
}

function deletingStore(): DecisionStore {
  const entries = new Map<string, StoredDecision>();
  return {
    ...mapStore(entries),
    delete: (key) => Promise.resolve(void entries.delete(key)),
  };
}

describe('the decision cache', () => {
  it('keeps an allow for allowTtl and a denial for denyTtl', async () => {
    const clock = fakeClock();
    const server = await scripted(healthy, { result: false }, healthy, { result: false });
    const opa = await start({ url: server.url, cache });
    const ask = async (): Promise<unknown[]> => {
      const { outcome, cached } = await opa.decide({ input: { a: 1 } });
      return [outcome, cached];
    };
    expect(await ask()).toEqual(['allow', false]);
    clock.pass(9_999);
    expect(await ask()).toEqual(['allow', true]);
    clock.pass(2);
    expect(await ask()).toEqual(['deny', false]);
    clock.pass(999);
    expect(await ask()).toEqual(['deny', true]);
    clock.pass(2);
    expect(await ask()).toEqual(['allow', false]);
    expect(opa.stats()).toMatchObject({ cacheHits: 2, decisions: { allow: 3, deny: 2 } });
    expect(server.queries()).toBe(3);
  });

  it('has a separate entry for every policy and every input', async () => {
    const server = await scripted(healthy);
    const opa = await start({ url: server.url, cache });
    for (const input of [{ a: 1 }, { a: '1' }, { a: 1, b: null }, [], {}, null, undefined, '']) {
      await opa.decide({ input });
      await opa.decide({ input, policy: 'c/d' });
    }
    expect(server.queries()).toBe(16);
    expect(opa.stats().cacheHits).toBe(0);
  });

  it('compares long inputs up to their last character', async () => {
    const server = await scripted(healthy);
    const opa = await start({ url: server.url, cache });
    for (const end of ['a', 'b']) await opa.decide({ input: 'x'.repeat(5_000) + end });
    expect(server.queries()).toBe(2);
  });

  it('has separate entries for each OpaModule instance, even in a shared store', async () => {
    const store = mapStore();
    const server = await scripted(healthy, { result: false });
    const [first, other] = [
      await start({ url: server.url, name: 'one', cache: { ...cache, store } }),
      await start({ url: server.url, name: 'other', cache: { ...cache, store } }),
    ];
    await expect(first.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    await expect(other.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'deny', cached: false });
  });

  it.each([
    ['an outage', 503],
    ['a policy error', 500],
    ['a malformed response', 404],
    ['a document that is not a decision', { result: 'yes' }],
    ['a policy that says cache: false', { result: { allow: true, cache: false } }],
    ['a policy that says ttl: 0', { result: { allow: true, ttl: 0 } }],
    ['a malformed ttl', { result: { allow: true, ttl: 'long' } }],
  ] as const)('does not store %s', async (_name, step) => {
    const server = await scripted(step);
    const opa = await start({ url: server.url, cache, retry: false, circuitBreaker: false });
    for (let i = 0; i < 3; i += 1) await opa.decide({ input: 1 }).catch(() => undefined);
    expect(server.queries()).toBe(3);
  });

  it.each([
    ['ttl', { allow: true, ttl: 50 }],
    ['cache.ttl', { allow: true, cache: { ttl: 50 } }],
    ['ttl beside cache: true', { allow: true, cache: true, ttl: 50 }],
  ])('uses the lifetime that the policy sets, given as %s', async (_name, result) => {
    const clock = fakeClock();
    const server = await scripted({ result });
    const opa = await start({ url: server.url, cache });
    await opa.decide({ input: 1 });
    clock.pass(49);
    expect(await opa.decide({ input: 1 })).toMatchObject({ cached: true });
    clock.pass(2);
    expect(await opa.decide({ input: 1 })).toMatchObject({ cached: false });
  });

  it('protects its entries: a handler that changes a decision does not change the next one', async () => {
    const server = await scripted({ result: { allow: true, reasons: ['r'], roles: ['viewer'] } });
    const opa = await start({ url: server.url, cache });
    const first = await opa.decide({ input: 1 });
    (first.result as { roles: string[] }).roles.push('admin');
    const second = await opa.decide({ input: 1 });
    expect(second.result).toEqual({ allow: true, reasons: ['r'], roles: ['viewer'] });
    expect(() => (second.result as { roles: string[] }).roles.push('admin')).toThrow('not extensible');
  });

  it('holds no more than `max` entries', async () => {
    const server = await scripted(healthy);
    const opa = await start({ url: server.url, cache: { ...cache, max: 2 } });
    for (const input of [1, 2, 3, 3, 2, 1]) await opa.decide({ input });
    expect(server.queries()).toBe(4);
  });

  it('purge() removes all entries, and ignores a response to a query sent before it', async () => {
    const slow = gate();
    const server = await scripted(healthy, slow.step, healthy);
    const opa = await start({ url: server.url, cache });
    await opa.decide({ input: 1 });
    await opa.purge();
    const before = opa.decide({ input: 1 });
    await slow.reached;
    await opa.purge();
    slow.open();
    await before;
    expect(await opa.decide({ input: 1 })).toMatchObject({ cached: false });
    expect(server.queries()).toBe(3);
  });

  it.each<[name: string, hints: object, cached: boolean]>([
    ['cached', {}, true],
    ['not cached', { denyTtl: 0 }, false],
  ])(
    'the newest query wins (its response is %s) when an earlier query is answered after it',
    async (...row) => {
      const [, hints, cached] = row;
      const slow = gate();
      const server = await scripted(slow.step, { result: false });
      const opa = await start({ url: server.url, cache: { ...cache, ...hints }, timeout: 15_000 });
      const earlier = opa.decide({ input: 1 });
      await slow.reached;
      await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'deny' });
      slow.open();
      await expect(earlier).resolves.toMatchObject({ outcome: 'allow' });
      await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'deny', cached });
    },
  );

  it('a closed module serves no cached decision', async () => {
    const server = await scripted(healthy);
    const opa = await start({ url: server.url, cache });
    await opa.decide({ input: 1 });
    await cleanUp();
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_CLOSED' });
  });
});

describe("onUnavailable: 'stale'", () => {
  const stale = { cache: { ...cache, staleTtl: 5_000 }, onUnavailable: 'stale', retry: false } as const;

  it('serves the last decision for staleTtl, marks it as stale and counts it', async () => {
    const clock = fakeClock();
    const server = await scripted(healthy, 503);
    const opa = await start({ url: server.url, ...stale });
    await opa.decide({ input: 1 });
    clock.pass(14_000);
    expect(await opa.decide({ input: 1 })).toMatchObject({ allowed: true, cached: true, degraded: 'stale' });
    expect(opa.stats()).toMatchObject({ cacheHits: 0, decisions: { degraded: 1 } });
    clock.pass(1_001);
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    await expect(opa.decide({ input: 2 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
  });

  it('does not serve a stale decision after an overload, a malformed response or a policy error', async () => {
    const clock = fakeClock();
    const server = await scripted(healthy, 429, 404, 500);
    const opa = await start({ url: server.url, ...stale });
    await opa.decide({ input: 1 });
    clock.pass(11_000);
    for (const code of ['OPA_OVERLOADED', 'OPA_BAD_ANSWER', 'OPA_POLICY_ERROR']) {
      await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code });
    }
  });

  const unkept: [name: string, newer: object, hints?: object][] = [
    ['a denial, with denyTtl 0', { result: false }, { denyTtl: 0 }],
    ['undefined, with denyTtl 0', {}, { denyTtl: 0 }],
    ['a denial that says cache: false', { result: { allow: false, cache: false } }],
    ['an allow that says ttl: 0', { result: { allow: true, ttl: 0 } }],
    ['a document that is not a decision', { result: 'no' }],
  ];
  const stores: [name: string, store: () => DecisionStore | undefined][] = [
    ['memory', () => undefined],
    ['a store without delete', () => mapStore()],
    ['a store with delete', () => deletingStore()],
  ];
  describe.each(stores)('with entries in %s', (_store, store) => {
    it.each(unkept)('does not serve the entry that was replaced by %s', async (_name, newer, hints = {}) => {
      const clock = fakeClock();
      const server = await scripted(healthy, newer as Step, 503);
      const customStore = store();
      const opa = await start({
        url: server.url,
        ...stale,
        cache: { ...stale.cache, ...hints, ...(customStore && { store: customStore }) },
      });
      await opa.decide({ input: 1 });
      clock.pass(11_000);
      await opa.decide({ input: 1 }).catch(() => undefined);
      await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
      expect(server.queries()).toBe(3);
    });
  });

  it.each<[name: string, hints: object, made: object]>([
    ['the cached denial', {}, { outcome: 'deny', degraded: 'stale' }],
    ['nothing when the denial was not cached', { denyTtl: 0 }, { code: 'OPA_UNREACHABLE' }],
  ])('serves what a concurrent query has learnt: %s', async (_name, hints, expected) => {
    const clock = fakeClock();
    const failure = gate(503);
    const server = await scripted(healthy, failure.step, { result: false });
    const opa = await start({ url: server.url, ...stale, cache: { ...stale.cache, ...hints } });
    await opa.decide({ input: 1 });
    clock.pass(11_000);
    const failing = opa.decide({ input: 1 }).catch((error: unknown) => error);
    await failure.reached;
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'deny' });
    failure.open();
    expect(await failing).toMatchObject(expected);
  });

  it("onUnavailable: 'deny' denies even when a stale entry exists", async () => {
    const clock = fakeClock();
    const server = await scripted(healthy, 503);
    const opa = await start({ url: server.url, ...stale, onUnavailable: 'deny' });
    await opa.decide({ input: 1 });
    clock.pass(11_000);
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
  });

  it('denies when no cache is configured', async () => {
    const server = await scripted(healthy, 503);
    const opa = await start({ url: server.url, ...stale, cache: false });
    await opa.decide({ input: 1 });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
  });
});
