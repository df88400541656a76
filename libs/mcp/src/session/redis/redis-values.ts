import { RECORD_TTL_S } from './redis-store.js';
import type { RedisStore } from './redis-store.js';

/** The longest sealed text, in characters. A longer text is not stored, and a longer value in Redis is not read. */
const MAX_CHARACTERS = 128 * 1024;

const SET = "return redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])";
// ARGV: most characters. Somebody else may have written a value that would fill the memory of the gateway.
const GET = `
if redis.call('STRLEN', KEYS[1]) > tonumber(ARGV[1]) then return false end
return redis.call('GET', KEYS[1])`;
const TOUCH = "return redis.call('EXPIRE', KEYS[1], ARGV[1])";
const DELETE = "return redis.call('DEL', KEYS[1])";

/** Texts in Redis, each under a key of its own. Only a gateway with the same secret can write and read a text. */
export class RedisValues {
  constructor(private readonly store: RedisStore) {}

  /** @param text - Default: an empty text, whose presence states a fact */
  async set(key: string, text = ''): Promise<void> {
    const sealed = this.store.seal(text, key);
    if (sealed.length > MAX_CHARACTERS) await this.delete(key);
    else await this.store.run(SET, key, sealed, RECORD_TTL_S);
  }

  /** Lets a text live longer. Does nothing without the text. */
  async touch(key: string): Promise<void> {
    await this.store.run(TOUCH, key, RECORD_TTL_S);
  }

  /** The text of a key; `undefined` without a valid text. */
  async get(key: string): Promise<string | undefined> {
    return this.store.open(await this.store.run(GET, key, MAX_CHARACTERS), key);
  }

  async has(key: string): Promise<boolean> {
    return (await this.get(key)) !== undefined;
  }

  async delete(key: string): Promise<void> {
    await this.store.run(DELETE, key);
  }
}
