import { describe, expect, it } from '@jest/globals';
import type { Phase } from '../../src/transport/index.js';
import { PhaseClock, wasBlocked } from '../../src/transport/index.js';

const WHAT = 'OPA at http://opa:8181';

/** A clock that begins at 0, has spent so many milliseconds in each phase in turn, and is late in the last of them. */
function clockOf(...times: [phase: Phase, ms: number][]): PhaseClock {
  const total = times.reduce((sum, [, ms]) => sum + ms, 0);
  const clock = new PhaseClock({ deadline: total }, 0);
  let now = 0;
  for (const [phase, ms] of times) {
    clock.enter(phase, now);
    now += ms;
  }
  const [last] = times.at(-1) ?? ['opa'];
  clock.enter(last, now);
  return clock;
}

const codeOf = (clock: PhaseClock, blocked = false): string =>
  clock.late(WHAT, { blocked, now: clock.deadline }).code;

describe('the error code of a late decision', () => {
  it.each<[phase: Phase, code: string, whenBlocked: string]>([
    ['credential', 'OPA_UNAUTHORIZED', 'OPA_UNAUTHORIZED'],
    ['interceptors', 'OPA_BAD_INPUT', 'OPA_BAD_INPUT'],
    ['adapter', 'OPA_TIMEOUT', 'OPA_TIMEOUT'],
    ['queue', 'OPA_OVERLOADED', 'OPA_OVERLOADED'],
    ['connect', 'OPA_TIMEOUT', 'OPA_OVERLOADED'],
    ['opa', 'OPA_TIMEOUT', 'OPA_OVERLOADED'],
  ])('after all of the time in %s: %s, or %s when the event loop was blocked', (phase, code, whenBlocked) => {
    expect(codeOf(clockOf([phase, 500]))).toBe(code);
    expect(codeOf(clockOf([phase, 500]), true)).toBe(whenBlocked);
  });

  it.each<[phase: Phase, code: string]>([
    ['credential', 'OPA_UNAUTHORIZED'],
    ['interceptors', 'OPA_BAD_INPUT'],
    ['adapter', 'OPA_BAD_INPUT'],
    ['queue', 'OPA_OVERLOADED'],
    ['connect', 'OPA_OVERLOADED'],
  ])('when %s left OPA less than half of the time: %s', (phase, code) => {
    expect(codeOf(clockOf([phase, 251], ['opa', 249]))).toBe(code);
    expect(codeOf(clockOf([phase, 250], ['opa', 250]))).toBe('OPA_TIMEOUT');
  });

  it.each<[phase: Phase, code: string]>([
    ['credential', 'OPA_TIMEOUT'],
    ['interceptors', 'OPA_TIMEOUT'],
    ['adapter', 'OPA_TIMEOUT'],
    ['queue', 'OPA_OVERLOADED'],
    ['connect', 'OPA_TIMEOUT'],
  ])('when %s took 100 ms of a short deadline, which only counts for the queue: %s', (phase, code) => {
    expect(codeOf(clockOf([phase, 100], ['opa', 20]))).toBe(code);
    expect(codeOf(clockOf([phase, 101], ['opa', 20]))).not.toBe('OPA_TIMEOUT');
  });

  it.each<[times: [Phase, number][], code: string]>([
    [
      [
        ['credential', 150],
        ['queue', 60],
        ['connect', 60],
        ['opa', 230],
      ],
      'OPA_UNAUTHORIZED',
    ],
    [
      [
        ['credential', 60],
        ['queue', 60],
        ['connect', 150],
        ['opa', 230],
      ],
      'OPA_OVERLOADED',
    ],
    [
      [
        ['interceptors', 150],
        ['queue', 110],
        ['opa', 240],
      ],
      'OPA_BAD_INPUT',
    ],
    [
      [
        ['queue', 260],
        ['connect', 240],
      ],
      'OPA_OVERLOADED',
    ],
    [
      [
        ['queue', 10],
        ['connect', 490],
      ],
      'OPA_TIMEOUT',
    ],
    [
      [
        ['queue', 1],
        ['opa', 300],
        ['queue', 1],
        ['opa', 198],
      ],
      'OPA_TIMEOUT',
    ],
  ])('of %j names the longest phase before OPA: %s', (times, code) => {
    expect(codeOf(clockOf(...times))).toBe(code);
  });

  it('comes with the time of each phase, and with the timeout as its cause unless OPA was not queried', () => {
    expect(clockOf(['queue', 12], ['connect', 3], ['opa', 485]).late(WHAT, { now: 500 }).message).toBe(
      `${WHAT} did not answer before the decision's deadline (queue 12 ms, connect 3 ms, opa 485 ms).`,
    );
    expect(clockOf(['credential', 300], ['opa', 200]).late(WHAT, { now: 500 })).toMatchObject({
      message: expect.stringMatching(/options "token" and "tls".*\(credential 300 ms, opa 200 ms\)/),
      cause: { code: 'OPA_TIMEOUT' },
    });
  });
});

describe('the phase clock of a request', () => {
  it('counts for each part what all of them had spent before, and stays in its own phase', () => {
    const clock = new PhaseClock({ deadline: 500 }, 0);
    const first = clock.fork(clock, 200);
    first.enter('opa', 200);
    const second = clock.fork({ deadline: 400 }, 300);
    second.enter('opa', 300);
    second.enter('opa', 400);
    first.enter('opa', 500);
    expect(first.spent).toMatchObject({ credential: 200, opa: 300 });
    expect(second.spent).toMatchObject({ credential: 300, opa: 100 });
    expect(second.deadline).toBe(400);
    expect(clock.phase).toBe('credential');
  });

  it('gives the latest time at which OPA still gets half of the deadline', () => {
    expect(new PhaseClock({ deadline: 500 }, 100).latestFairStart).toBe(300);
  });

  it('ignores a connection that was established before the request', () => {
    const clock = new PhaseClock({ deadline: 500 }, 100);
    clock.enter('connect', 110);
    clock.enter('opa', 50);
    clock.enter('opa', 500);
    expect(clock.spent).toMatchObject({ credential: 10, connect: 0, opa: 390 });
  });
});

it.each([
  [19, false],
  [20, true],
])('a timer that fires %d ms late: the event loop was blocked, %p', (late, blocked) => {
  expect(wasBlocked(1_000, 1_000 + late)).toBe(blocked);
});
