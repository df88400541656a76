import { expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import type { Decision } from 'nestjs-opa';
import { LimitObligation } from 'nestjs-opa/limit';
import { expectLogs } from '../../../../test/support/logs.js';

/** A client of Redis whose next responses a test writes. */
class TestRedis {
  status = 'ready';
  readonly keys: string[] = [];
  respond: () => Promise<[number, number]> = () => Promise.resolve([1, 1_000]);

  defineCommand(): void {
    // rate-limiter-flexible calls `rlflxIncr` then.
  }

  rlflxIncr([key = '']: readonly string[]): Promise<[number, number]> {
    this.keys.push(key);
    return this.respond();
  }
}

const FAILED = '[Redis] Redis failed, so requests with an obligation "limit" are refused:';

const outcome = (limit: LimitObligation): Promise<unknown> => {
  const decision: Decision = {
    outcome: 'allow',
    allowed: true,
    result: true,
    reasons: [],
    obligations: [],
    policy: 'orders/read',
    engine: 'test',
    cached: false,
    durationMs: 1,
  };
  const properties = { key: 'ann', points: 1, seconds: 60 };
  return limit
    .handle({ type: 'limit', properties }, { decision, context: {} as ExecutionContext, phase: 'request' })
    .catch((error: unknown) => error);
};

it('Redis holds no text of the policy', async () => {
  const redis = new TestRedis();
  expect(await outcome(new LimitObligation({ redis }))).toBeUndefined();
  expect(redis.keys).toEqual([expect.stringMatching(/^nestjs-opa:limit:[\w-]{43}$/)]);
});

it.each([
  [
    'has no connection',
    (redis: TestRedis) => (redis.status = 'reconnecting'),
    'the client has no connection',
  ],
  [
    'does not answer',
    (redis: TestRedis) => (redis.respond = () => new Promise(() => undefined)),
    'not answer',
  ],
  ['answers an error', (redis: TestRedis) => (redis.respond = () => Promise.reject(new Error('OOM'))), 'OOM'],
])(
  'a limit is unavailable while Redis %s; the log tells once, and works again',
  async (_name, fail, cause) => {
    expectLogs(`${FAILED} `);
    const redis = new TestRedis();
    const limit = new LimitObligation({ redis, timeout: 5 });
    fail(redis);
    for (let i = 0; i < 3; i++) {
      const error = await outcome(limit);
      expect(error).toMatchObject({ code: 'OPA_LIMITER_UNAVAILABLE' });
      expect(String((error as { cause: { cause: unknown } }).cause.cause)).toContain(cause);
    }
    Object.assign(redis, { status: 'ready', respond: () => Promise.resolve([2, 3_000]) });
    expect(await outcome(limit)).toMatchObject({ code: 'OPA_RATE_LIMITED', retryAfterMs: 3_000 });
  },
);
