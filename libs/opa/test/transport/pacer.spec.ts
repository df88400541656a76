import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { Pacer } from '../../src/transport/pacer.js';

afterEach(() => {
  jest.restoreAllMocks();
});

/** A pacer, the portions that it has announced, and the time that passes between them. */
function pacing(): { pacer: Pacer; portions: number[]; pass: (ms: number) => void } {
  let now = 1_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const portions: number[] = [];
  const pacer: Pacer = new Pacer(() => portions.push(takeAll(pacer)));
  return { pacer, portions, pass: (ms) => (now += ms) };
}

function takeAll(pacer: Pacer): number {
  let count = 0;
  while (pacer.take()) count += 1;
  return count;
}

describe('the number of queries that start in one turn of the event loop', () => {
  it('is eight', async () => {
    const { pacer, portions } = pacing();
    expect(takeAll(pacer)).toBe(8);
    for (let i = 0; i < 3; i += 1) await turn();
    expect(portions).toEqual([8, 8, 8]);
    pacer.stop();
  });

  it('is eight for each millisecond that the last turn took', async () => {
    const { pacer, portions, pass } = pacing();
    takeAll(pacer);
    pass(5);
    await turn();
    expect(portions).toEqual([40]);
    pacer.stop();
  });

  it('is eight when nothing waited at the end of a long turn', async () => {
    let now = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const pacer = new Pacer(() => undefined);
    takeAll(pacer);
    now += 5;
    await turn();
    expect(takeAll(pacer)).toBe(8);
    pacer.stop();
  });

  it('is zero once the pacer has stopped', async () => {
    const { pacer, portions } = pacing();
    takeAll(pacer);
    pacer.stop();
    for (let i = 0; i < 3; i += 1) await turn();
    expect(portions).toEqual([]);
  });
});
