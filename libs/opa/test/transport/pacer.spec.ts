import { describe, expect, it } from '@jest/globals';
import { Pacer } from '../../src/transport/pacer.js';

/** Takes what three portions after the first hold. */
async function portions(places: number, heldMs: readonly number[]): Promise<number[]> {
  let told = (): void => undefined;
  const pacer = new Pacer(places, () => told());
  for (const held of heldMs) pacer.learn(held);
  const counts: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const next = new Promise<void>((resolve) => (told = resolve));
    let count = 0;
    while (pacer.take()) count += 1;
    counts.push(count);
    await next;
  }
  return counts;
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

  it('that grew smaller meanwhile is over when the smaller one is', () => {
    const pacer = new Pacer(100, () => undefined);
    for (let i = 0; i < 5; i += 1) expect(pacer.take()).toBe(true);
    for (const held of times(100, 100)) pacer.learn(held);
    expect([pacer.take(), pacer.take()]).toEqual([true, false]);
  });
});
