import { LRUCache } from 'lru-cache';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { RedisCommands } from '../redis/index.js';
import type { LimitRedis } from './limit-options.js';
import type { Limit } from './limit-of.js';

/** The state of a counter after a request. */
export type Count = Pick<RateLimiterRes, 'consumedPoints' | 'msBeforeNext'>;

/** Counts the requests of each {@link Limit} within its time window. */
export interface Counters {
  /** Counts one request. */
  add(limit: Limit): Promise<Count>;
}

const PREFIX = 'nestjs-opa:limit';
const MAX_COUNTERS = 100_000;
// One limiter serves all rates: the limit passes the duration with each request, and compares the points itself.
const ANY_RATE = { keyPrefix: PREFIX, points: Number.MAX_SAFE_INTEGER, duration: 1 };

/** Counts in the memory of this process. The counter that was unused for longest is dropped beyond 100,000 counters. */
export class MemoryCounters implements Counters {
  private readonly limiter = new RateLimiterMemory(ANY_RATE);
  private readonly live = new LRUCache<string, true>({
    max: MAX_COUNTERS,
    dispose: (_value, counter, reason) => {
      if (reason === 'evict') void this.limiter.delete(counter);
    },
  });

  add({ counter, seconds }: Limit): Promise<Count> {
    this.live.set(counter, true);
    return this.limiter.consume(counter, 1, { customDuration: seconds });
  }
}

/** Counts in Redis, for all replicas of an application. */
export class RedisCounters implements Counters {
  private readonly limiter: RateLimiterRedis;
  private readonly commands: RedisCommands;

  constructor(client: LimitRedis, timeout: number) {
    this.limiter = new RateLimiterRedis({ ...ANY_RATE, storeClient: client });
    const consequence = 'requests with an obligation "limit" are refused';
    this.commands = new RedisCommands(client, { timeout, consequence });
  }

  /** @throws RedisFailure when Redis does not count the request */
  add({ counter, seconds }: Limit): Promise<Count> {
    return this.commands.run(() => this.limiter.consume(counter, 1, { customDuration: seconds }));
  }
}
