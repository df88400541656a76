import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import type { Decision, OpaObligationScene } from 'nestjs-opa';
import { LimitObligation } from 'nestjs-opa/limit';

const decision = (): Decision => ({
  outcome: 'allow',
  allowed: true,
  result: true,
  reasons: [],
  obligations: [],
  policy: 'orders/read',
  engine: 'test',
  cached: false,
  durationMs: 1,
});
const scene = (more: Partial<OpaObligationScene> = {}): OpaObligationScene => ({
  decision: decision(),
  context: {} as ExecutionContext,
  phase: 'request',
  ...more,
});
const RATE = { key: 'ann', points: 2, seconds: 60 };

describe('the obligation "limit"', () => {
  let limit: LimitObligation;
  const outcome = async (properties: object = RATE, at = scene()): Promise<unknown> =>
    limit.handle({ type: 'limit', properties: { ...properties } }, at).catch((error: unknown) => error);
  const LIMITED = { code: 'OPA_RATE_LIMITED' };

  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000 });
    limit = new LimitObligation();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('allows as many requests as it has points, until the window ends', async () => {
    expect([await outcome(), await outcome()]).toEqual([undefined, undefined]);
    jest.setSystemTime(1_020_000);
    expect(await outcome()).toMatchObject({ ...LIMITED, retryAfterMs: 40_000 });
    // A refused request does not extend the window.
    jest.setSystemTime(1_060_000);
    expect([await outcome(), await outcome()]).toEqual([undefined, undefined]);
    expect(await outcome()).toMatchObject({ ...LIMITED, retryAfterMs: 60_000 });
  });

  it.each([
    ['key', { ...RATE, key: 'bob' }],
    ['points', { ...RATE, points: 3 }],
    ['seconds', { ...RATE, seconds: 61 }],
  ])('counts limits with other %s separately', async (_name, other) => {
    for (let i = 0; i < 3; i++) await outcome();
    expect(await outcome()).toMatchObject(LIMITED);
    expect(await outcome(other)).toBeUndefined();
  });

  it('counts once for each decision, however often a context carries the obligation out', async () => {
    const shared = scene();
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => outcome(RATE, shared)));
    expect(outcomes).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(await outcome()).toBeUndefined();
    expect(await outcome()).toMatchObject(LIMITED);
  });

  it('does not count the decision about a response', async () => {
    for (let i = 0; i < 5; i++) expect(await outcome(RATE, scene({ phase: 'response' }))).toBeUndefined();
    expect(await outcome()).toBeUndefined();
  });

  it.each([
    ['no key', { points: 1, seconds: 1 }, 'a text "key"'],
    ['an empty key', { ...RATE, key: '' }, 'a text "key"'],
    ['a key that is no text', { ...RATE, key: ['ann'] }, 'a text "key"'],
    ['a huge key', { ...RATE, key: 'x'.repeat(4_097) }, 'a text "key"'],
    ['no points', { key: 'ann', seconds: 1 }, 'whole "points"'],
    ['zero points', { ...RATE, points: 0 }, 'whole "points"'],
    ['negative points', { ...RATE, points: -1 }, 'whole "points"'],
    ['fractional points', { ...RATE, points: 1.5 }, 'whole "points"'],
    ['points as text', { ...RATE, points: '5' }, 'whole "points"'],
    ['huge points', { ...RATE, points: 1_000_000_001 }, 'whole "points"'],
    ['no seconds', { key: 'ann', points: 1 }, 'whole "seconds"'],
    ['zero seconds', { ...RATE, seconds: 0 }, 'whole "seconds"'],
    ['fractional seconds', { ...RATE, seconds: 0.5 }, 'whole "seconds"'],
    ['huge seconds', { ...RATE, seconds: 2_147_484 }, 'whole "seconds"'],
  ])('is malformed with %s, in both phases', async (_name, properties, message) => {
    for (const phase of ['request', 'response'] as const) {
      expect(await outcome(properties, scene({ phase }))).toMatchObject({
        code: 'OPA_BAD_DECISION',
        message: expect.stringContaining(message),
      });
    }
  });

  it('accepts the largest rate, and the longest window that a Node timer supports', async () => {
    const largest = { key: 'x'.repeat(4_096), points: 1_000_000_000, seconds: 2_147_483 };
    expect([await outcome(largest), await outcome(largest)]).toEqual([undefined, undefined]);
  });
});
