import type { McpRedis } from '../options/redis.js';
import { BegunTasks } from './begun-tasks.js';
import { Ledger } from './ledger.js';
import type { ServerRecords } from './records.js';
import { RedisLedger } from './redis/redis-ledger.js';
import { RedisPermits } from './redis/redis-permits.js';
import { RedisStore } from './redis/redis-store.js';
import { RedisTasks } from './redis/redis-tasks.js';
import { SessionPermits } from './session-permits.js';

/** Where the records of a module's MCP servers lie. */
export interface RecordsOptions {
  /** Without it, the records lie in the memory of this process. */
  readonly redis?: McpRedis | undefined;
  /** The secret that encrypts the records in Redis. */
  readonly sessionKey?: string | undefined;
}

/** Opens the records of an MCP server. */
export function openRecords({ redis, sessionKey }: RecordsOptions, server: string): ServerRecords {
  if (redis === undefined || sessionKey === undefined)
    return { ledger: new Ledger(), tasks: new BegunTasks(), permits: new SessionPermits() };
  const store = new RedisStore(redis, sessionKey, server);
  return {
    ledger: new RedisLedger(store),
    tasks: new RedisTasks(store),
    permits: new RedisPermits(store),
  };
}
