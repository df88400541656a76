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

describe('a portion of a burst', () => {
  it('is eight in each turn of the event loop', async () => {
    const { pacer, portions } = pacing();
    expect(takeAll(pacer)).toBe(8);
    for (let i = 0; i < 3; i += 1) await turn();
    expect(portions).toEqual([8, 8, 8]);
    pacer.stop();
  });

  it('is as many times as large as the milliseconds that the turn took', async () => {
    const { pacer, portions, pass } = pacing();
    takeAll(pacer);
    pass(5);
    await turn();
    expect(portions).toEqual([40]);
    pacer.stop();
  });

  it('is of the usual size when nothing waited at the end of a long turn', async () => {
    let now = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const pacer = new Pacer(() => undefined);
    takeAll(pacer);
    now += 5;
    await turn();
    expect(takeAll(pacer)).toBe(8);
    pacer.stop();
  });

  it('does not follow once the pacer is stopped', async () => {
    const { pacer, portions } = pacing();
    takeAll(pacer);
    pacer.stop();
    for (let i = 0; i < 3; i += 1) await turn();
    expect(portions).toEqual([]);
  });
});
