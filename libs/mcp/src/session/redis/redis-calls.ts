import type { McpCall } from '../../protocol/call.js';
import { RECORD_TTL_S } from './redis-store.js';
import type { RedisStore } from './redis-store.js';

const MAX_CALLS = 1_000;
const MAX_BYTES = 8 * 1024 * 1024;
/** The bound of values and names together. */
const MAX_READ_BYTES = 2 * MAX_BYTES;
/** The field that replaces all others when a record would become too large. */
const LOST = 'lost';
const SIZE = 'size';

// ARGV: field, value, lifetime, most fields, most bytes.
const ADD = `
if redis.call('HEXISTS', KEYS[1], '${LOST}') == 0 then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  local size = redis.call('HINCRBY', KEYS[1], '${SIZE}', #ARGV[2])
  if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[4]) or size > tonumber(ARGV[5]) then
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], '${LOST}', '1')
  end
end
return redis.call('EXPIRE', KEYS[1], ARGV[3])`;
// ARGV: field, value. A record that has ended must not begin again with a part of its calls.
const REPLACE = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1`;
// ARGV: lifetime, most bytes. Somebody else may have written a record that would fill the memory of the gateway.
const READ = `
redis.call('EXPIRE', KEYS[1], ARGV[1])
local texts = redis.call('HGETALL', KEYS[1])
local size = 0
for _, text in ipairs(texts) do size = size + #text end
if size > tonumber(ARGV[2]) then return { '${LOST}', '1' } end
return texts`;

/** A call of a record. */
export interface StoredCall {
  /** The name of the call in its record: equal calls have the same name. */
  readonly name: string;
  /** `undefined` in the record of a task whose result no policy decides. */
  readonly call: McpCall | undefined;
  readonly isSettled: boolean;
}

/** Lists of calls in Redis, each under a key of its own. */
export class RedisCalls {
  private readonly names = new WeakMap<McpCall, string>();

  constructor(private readonly store: RedisStore) {}

  /** Adds a call to a record; without a call, only begins the record. */
  async add(key: string, call?: McpCall): Promise<void> {
    const name = this.nameOf(call);
    const value = this.sealed(key, name, call, false);
    await this.store.run(ADD, key, name, value, RECORD_TTL_S, MAX_CALLS, MAX_BYTES);
  }

  /** Marks a call of a record as settled. */
  async settle(key: string, call: McpCall): Promise<void> {
    const name = this.nameOf(call);
    await this.store.run(REPLACE, key, name, this.sealed(key, name, call, true));
  }

  /** The calls of a record; `undefined` without the record; `'incomplete'` when calls are lost or a value is not valid. */
  async read(key: string): Promise<readonly StoredCall[] | 'incomplete' | undefined> {
    const flat = (await this.store.run(READ, key, RECORD_TTL_S, MAX_READ_BYTES)) as readonly string[];
    if (flat.length === 0) return undefined;
    const calls: StoredCall[] = [];
    for (let index = 0; index < flat.length; index += 2) {
      const [name = '', value] = flat.slice(index, index + 2);
      if (name === SIZE) continue;
      const text = this.store.open(value, placeOf(key, name));
      if (text === undefined) return 'incomplete';
      calls.push({ name, ...(JSON.parse(text) as Omit<StoredCall, 'name'>) });
    }
    return calls;
  }

  /** The name of a call in its record. */
  nameOf(call: McpCall | undefined): string {
    if (call === undefined) return 'begun';
    const name = this.names.get(call) ?? this.store.hash(JSON.stringify(call));
    this.names.set(call, name);
    return name;
  }

  private sealed(key: string, name: string, call: McpCall | undefined, isSettled: boolean): string {
    return this.store.seal(JSON.stringify({ call, isSettled }), placeOf(key, name));
  }
}

const placeOf = (key: string, name: string): string => `${key} ${name}`;
