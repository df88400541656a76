import { RECORD_TTL_S } from './redis-store.js';
import type { RedisStore } from './redis-store.js';

const SET = "return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])";
const GET = "return redis.call('GET', KEYS[1])";
const TOUCH = "return redis.call('EXPIRE', KEYS[1], ARGV[1])";

/** Facts without a value, each under a key of its own. Only a gateway with the same secret can state a fact. */
export class RedisMarks {
  constructor(private readonly store: RedisStore) {}

  async set(key: string): Promise<void> {
    await this.store.run(SET, key, this.store.seal('', key), RECORD_TTL_S);
  }

  /** Lets a mark live longer. Does nothing without the mark. */
  async touch(key: string): Promise<void> {
    await this.store.run(TOUCH, key, RECORD_TTL_S);
  }

  async has(key: string): Promise<boolean> {
    return this.store.open(await this.store.run(GET, key), key) !== undefined;
  }
}
