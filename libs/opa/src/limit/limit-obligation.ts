import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Decision, Obligation } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import type { OpaObligationHandler, OpaObligationScene } from '../decorators/index.js';
import { OpaObligation } from '../decorators/index.js';
import type { Count, Counters } from './counters.js';
import { MemoryCounters, RedisCounters } from './counters.js';
import type { Limit } from './limit-of.js';
import { limitOf } from './limit-of.js';
import type { LimitOptions } from './limit-options.js';
import { LIMIT_OPTIONS } from './limit-options.js';

const TIMEOUT_MS = 1_000;

/**
 * Carries out the obligation `{ type: 'limit', properties: { key, points, seconds } }`: at most `points` requests with
 * the same `key` pass in `seconds`. The window begins with the first request. Every further request is refused with 429
 * and `Retry-After`, or the error of its context. Needs the package `rate-limiter-flexible`.
 *
 * - `key`: 1 to 4,096 characters. `points`: 1 to 1,000,000,000. `seconds`: 1 to 2,147,483. Other properties deny the request.
 * - A decision counts once for each different limit. The decision about a response does not count.
 * - When Redis fails, the request is refused with 503.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { Redis } from 'ioredis';
 * import { OpaModule } from 'nestjs-opa';
 * import { LimitObligation } from 'nestjs-opa/limit';
 *
 * @Module({
 *   imports: [OpaModule.forRoot({ url: 'http://127.0.0.1:8181' })],
 *   // Without Redis: providers: [LimitObligation]
 *   providers: [
 *     { provide: LimitObligation, useFactory: () => new LimitObligation({ redis: new Redis('redis://127.0.0.1:6379') }) },
 *   ],
 * })
 * export class AppModule {}
 * ```
 */
@Injectable()
@OpaObligation('limit')
export class LimitObligation implements OpaObligationHandler {
  private readonly counters: Counters;
  /** The counts of each decision. Several fields of a GraphQL list share one decision, and so one count. */
  private readonly counted = new WeakMap<Decision, Map<string, Promise<Count>>>();

  constructor(@Optional() @Inject(LIMIT_OPTIONS) { redis, timeout = TIMEOUT_MS }: LimitOptions = {}) {
    this.counters = redis === undefined ? new MemoryCounters() : new RedisCounters(redis, timeout);
  }

  /**
   * Counts a request, and refuses the request beyond the limit.
   *
   * @throws OpaError `OPA_RATE_LIMITED` beyond the limit; `OPA_LIMITER_UNAVAILABLE` when Redis fails; `OPA_BAD_DECISION`
   * for wrong properties
   */
  async handle(obligation: Obligation, { decision, phase }: OpaObligationScene): Promise<void> {
    const limit = limitOf(obligation);
    if (phase === 'response') return;
    const { consumedPoints, msBeforeNext } = await this.count(limit, decision);
    if (consumedPoints <= limit.points) return;
    throw new OpaError('OPA_RATE_LIMITED', `The policy "${decision.policy}" limits the rate of requests.`, {
      retryAfterMs: msBeforeNext,
    });
  }

  private async count(limit: Limit, decision: Decision): Promise<Count> {
    const counts = this.counted.get(decision) ?? new Map<string, Promise<Count>>();
    this.counted.set(decision, counts);
    const count = counts.get(limit.counter) ?? this.counters.add(limit);
    counts.set(limit.counter, count);
    try {
      return await count;
    } catch (cause) {
      throw new OpaError('OPA_LIMITER_UNAVAILABLE', 'The rate of requests could not be counted.', { cause });
    }
  }
}
