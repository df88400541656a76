import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AnswerStore, StoredAnswer } from 'nestjs-opa';
import { ignoreStalls } from '../support/stalls.js';
import { cleanUp, fakeClock, scripted, start, well } from './support.js';

ignoreStalls();
afterEach(cleanUp);

const cache = { max: 100, allowTtl: 10_000, denyTtl: 1_000 };

/** Its writes land when the test says so, the latest of those that have begun first. */
function slowStore(): { store: AnswerStore; land: () => Promise<void> } {
  const kept = new Map<string, StoredAnswer>();
  const begun: (() => void)[] = [];
  const later = (write: () => unknown): Promise<void> =>
    new Promise((resolve) => {
      begun.push(() => {
        write();
        resolve();
      });
    });
  const store: AnswerStore = {
    get: (key) => Promise.resolve(kept.get(key)),
    set: (key, value) => later(() => kept.set(key, value)),
    delete: (key) => later(() => kept.delete(key)),
    clear: () => kept.clear(),
  };
  const land = async (): Promise<void> => {
    for (let next = begun.pop(); next !== undefined; next = begun.pop()) {
      next();
      await turn();
    }
  };
  return { store, land };
}

describe('a store of the user’s own', () => {
  it('gets keys that tell nothing, plain answers and their time', async () => {
    const kept = new Map<string, [StoredAnswer, number]>();
    const store: AnswerStore = {
      get: (key) => Promise.resolve(kept.get(key)?.[0]),
      set: (key, value, ttl) => void kept.set(key, [JSON.parse(JSON.stringify(value)) as StoredAnswer, ttl]),
      clear: () => kept.clear(),
    };
    const server = await scripted({ result: { allow: true } });
    const opa = await start({
      url: server.url,
      cache: { ...cache, staleTtl: 500, store },
      onUnavailable: 'stale',
    });
    await opa.decide({ input: { secret: 's3cret' } });
    expect(await opa.decide({ input: { secret: 's3cret' } })).toMatchObject({ cached: true, allowed: true });
    expect([...kept.keys()]).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    expect([...kept.values()]).toEqual([
      [{ answer: { result: { allow: true } }, freshUntil: expect.any(Number) }, 10_500],
    ]);
    await opa.purge();
    expect(kept.size).toBe(0);
  });

  const purges: [name: string, lands: 'before' | 'after'][] = [
    ['waits for what is being written', 'before'],
    ['does not wait for ever, and what lands afterwards is taken back', 'after'],
  ];
  it.each(purges)('is purged for good: that %s', async (_name, lands) => {
    const { store, land } = slowStore();
    const server = await scripted(well, { result: false });
    const opa = await start({ url: server.url, cache: { ...cache, store } });
    await opa.decide({ input: 1 });
    const purged = opa.purge();
    if (lands === 'before') await land();
    await purged;
    await land();
    expect(await opa.decide({ input: 1 })).toMatchObject({ outcome: 'deny', cached: false });
  });

  it.each<[name: string, landed: boolean, hints: object, made: object]>([
    ['kept, after the older has landed', true, {}, { outcome: 'deny', cached: true }],
    ['not kept, after the older has landed', true, { denyTtl: 0 }, { code: 'OPA_UNREACHABLE' }],
    ['kept, before the older has landed', false, {}, { outcome: 'deny', cached: true }],
    ['not kept, before the older has landed', false, { denyTtl: 0 }, { code: 'OPA_UNREACHABLE' }],
  ])('never gives an older answer than the newest: %s', async (_name, landed, hints, made) => {
    const clock = fakeClock();
    const { store, land } = slowStore();
    const server = await scripted(well, { result: false }, 503);
    const kept = { ...cache, staleTtl: 5_000, ...hints, store };
    const opa = await start({ url: server.url, retry: false, onUnavailable: 'stale', cache: kept });
    const ask = (): Promise<unknown> => opa.decide({ input: 1 }).catch((error: unknown) => error);
    await ask();
    if (landed) await land();
    clock.pass(11_000);
    expect(await ask()).toMatchObject({ outcome: 'deny', cached: false });
    expect(await ask()).toMatchObject(made);
    await land();
    expect(await ask()).toMatchObject(made);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['knows nothing, in its own way', () => Promise.resolve(null)],
    ['never answers', () => new Promise<never>(() => undefined)],
    ['gives what is no answer', () => 'garbage' as never],
    ['gives one whose time cannot be read', () => ({ answer: { result: true } }) as never],
  ])('costs no decision when it %s', async (_name, get) => {
    const server = await scripted(well);
    const store: AnswerStore = { get, set: () => Promise.reject(new Error('down')), clear: () => undefined };
    const opa = await start({ url: server.url, timeout: 2_000, cache: { ...cache, store } });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow', cached: false });
  });
});
