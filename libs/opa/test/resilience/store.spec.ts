import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { DecisionStore, StoredDecision } from 'nestjs-opa';
import { ignoreStalls } from '../support/stalls.js';
import { cleanUp, fakeClock, scripted, start, healthy } from './support.js';

ignoreStalls();
afterEach(cleanUp);

const cache = { max: 100, allowTtl: 10_000, denyTtl: 1_000 };

/** A store whose writes finish when the test says so, the newest write first. */
function slowStore(): { store: DecisionStore; land: () => Promise<void> } {
  const entries = new Map<string, StoredDecision>();
  const begun: (() => void)[] = [];
  const later = (write: () => unknown): Promise<void> =>
    new Promise((resolve) => {
      begun.push(() => {
        write();
        resolve();
      });
    });
  const store: DecisionStore = {
    get: (key) => Promise.resolve(entries.get(key)),
    set: (key, value) => later(() => entries.set(key, value)),
    delete: (key) => later(() => entries.delete(key)),
    clear: () => entries.clear(),
  };
  const land = async (): Promise<void> => {
    for (let next = begun.pop(); next !== undefined; next = begun.pop()) {
      next();
      await turn();
    }
  };
  return { store, land };
}

describe('a cache store of the user', () => {
  it('receives hashed keys, plain JSON values and their lifetime', async () => {
    const entries = new Map<string, [StoredDecision, number]>();
    const store: DecisionStore = {
      get: (key) => Promise.resolve(entries.get(key)?.[0]),
      set: (key, value, ttl) =>
        void entries.set(key, [JSON.parse(JSON.stringify(value)) as StoredDecision, ttl]),
      clear: () => entries.clear(),
    };
    const server = await scripted({ result: { allow: true } });
    const opa = await start({
      url: server.url,
      cache: { ...cache, staleTtl: 500, store },
      onUnavailable: 'stale',
    });
    await opa.decide({ input: { secret: 's3cret' } });
    expect(await opa.decide({ input: { secret: 's3cret' } })).toMatchObject({ cached: true, allowed: true });
    expect([...entries.keys()]).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    expect([...entries.values()]).toEqual([
      [{ answer: { result: { allow: true } }, freshUntil: expect.any(Number) }, 10_500],
    ]);
    await opa.purge();
    expect(entries.size).toBe(0);
  });

  const purges: [name: string, lands: 'before' | 'after'][] = [
    ['waits for pending writes', 'before'],
    ['does not wait forever, and deletes what is written later', 'after'],
  ];
  it.each(purges)('serves nothing from before a purge: that %s', async (_name, lands) => {
    const { store, land } = slowStore();
    const server = await scripted(healthy, { result: false });
    const opa = await start({ url: server.url, cache: { ...cache, store } });
    await opa.decide({ input: 1 });
    const purged = opa.purge();
    if (lands === 'before') await land();
    await purged;
    await land();
    expect(await opa.decide({ input: 1 })).toMatchObject({ outcome: 'deny', cached: false });
  });

  it.each<[name: string, landed: boolean, hints: object, made: object]>([
    ['cached, after the older write has finished', true, {}, { outcome: 'deny', cached: true }],
    ['not cached, after the older write has finished', true, { denyTtl: 0 }, { code: 'OPA_UNREACHABLE' }],
    ['cached, before the older write has finished', false, {}, { outcome: 'deny', cached: true }],
    ['not cached, before the older write has finished', false, { denyTtl: 0 }, { code: 'OPA_UNREACHABLE' }],
  ])(
    'never serves an answer that is older than the newest one: %s',
    async (_name, landed, hints, expected) => {
      const clock = fakeClock();
      const { store, land } = slowStore();
      const server = await scripted(healthy, { result: false }, 503);
      const options = { ...cache, staleTtl: 5_000, ...hints, store };
      const opa = await start({ url: server.url, retry: false, onUnavailable: 'stale', cache: options });
      const ask = (): Promise<unknown> => opa.decide({ input: 1 }).catch((error: unknown) => error);
      await ask();
      if (landed) await land();
      clock.pass(11_000);
      expect(await ask()).toMatchObject({ outcome: 'deny', cached: false });
      expect(await ask()).toMatchObject(expected);
      await land();
      expect(await ask()).toMatchObject(expected);
    },
  );

  it.each([
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['returns null for a missing entry', () => Promise.resolve(null)],
    ['never responds', () => new Promise<never>(() => undefined)],
    ['returns a malformed entry', () => 'garbage' as never],
    ['returns an entry without freshUntil', () => ({ answer: { result: true } }) as never],
  ])('fails no decision when it %s', async (_name, get) => {
    const server = await scripted(healthy);
    const store: DecisionStore = {
      get,
      set: () => Promise.reject(new Error('down')),
      clear: () => undefined,
    };
    const opa = await start({ url: server.url, timeout: 2_000, cache: { ...cache, store } });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow', cached: false });
  });
});
