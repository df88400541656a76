import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Pacer } from '../../src/transport/pacer.js';

/** Counts what the second, third and fourth portion hold. */
async function portions(places: number, heldMs: readonly number[]): Promise<number[]> {
  let told = (): void => undefined;
  const pacer = new Pacer(places, () => told());
  for (const held of heldMs) pacer.learn(held);
  const counts: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    const next = new Promise<void>((resolve) => (told = resolve));
    counts.push(takeAll(pacer));
    await next;
  }
  pacer.stop();
  return counts.slice(1);
}

function takeAll(pacer: Pacer): number {
  let count = 0;
  while (pacer.take()) count += 1;
  return count;
}

/** Holds the event loop. */
function stand(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const times = (count: number, heldMs: number): number[] => Array.from({ length: count }, () => heldMs);

describe('a portion of a burst', () => {
  it.each([
    ['nothing is known of OPA', 100, [], 8],
    ['OPA is fast', 100, times(100, 3), 8],
    ['a hundred answers take 100 ms each', 100, times(100, 100), 3],
    ['they take as long as 10 s: the whole pool still begins within 33 ms', 100, times(100, 10_000), 3],
    ['the pool is small', 10, times(100, 100), 1],
    ['there is one place', 1, times(100, 100), 1],
    ['the pool is large', 1_000, times(100, 100), 8],
    ['one answer of many was late', 100, [...times(100, 3), 100], 8],
    ['OPA has become fast again', 100, [...times(100, 1_000), ...times(30, 3)], 8],
    ['answers take no time at all', 100, times(100, 0), 8],
  ])('where %s', async (_when, places, heldMs, portion) => {
    expect(await portions(places, heldMs)).toEqual([portion, portion, portion]);
  });

  it.each([
    ['a fast OPA', 3, 8],
    ['a slow one', 100, 3],
  ])(
    'is as many times as large as the milliseconds that the turn took, with %s',
    async (_opa, heldMs, portion) => {
      const began = await new Promise<number>((resolve) => {
        const pacer: Pacer = new Pacer(100, () => {
          resolve(takeAll(pacer));
          pacer.stop();
        });
        for (const held of times(100, heldMs)) pacer.learn(held);
        takeAll(pacer);
        stand(5);
      });
      expect(began).toBeGreaterThanOrEqual(5 * portion);
    },
  );

  it('that is begun holds no more than a smaller one, once OPA is slow', () => {
    const pacer = new Pacer(100, () => undefined);
    for (let i = 0; i < 2; i += 1) expect(pacer.take()).toBe(true);
    for (const held of times(100, 100)) pacer.learn(held);
    expect(takeAll(pacer)).toBe(3);
    pacer.stop();
  });

  it('is of the usual size when nothing waited at the end of a long turn', async () => {
    let told = (): void => undefined;
    const pacer = new Pacer(100, () => told());
    const next = new Promise<void>((resolve) => (told = resolve));
    takeAll(pacer);
    stand(5);
    await next;
    expect(takeAll(pacer)).toBe(8);
    pacer.stop();
  });

  it('does not follow once it is stopped', async () => {
    let further = 0;
    for (const heldMs of [0, 100]) {
      const pacer = new Pacer(100, () => (further += 1));
      for (const held of times(100, heldMs)) pacer.learn(held);
      takeAll(pacer);
      pacer.stop();
    }
    await pause(5);
    expect(further).toBe(0);
  });
});
