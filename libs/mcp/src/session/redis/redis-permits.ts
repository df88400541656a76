import type { McpPermit } from '../../policy/enforcer.js';
import type { PermitRecords, SessionPermit } from '../records.js';
import type { RedisStore } from './redis-store.js';
import { RedisValues } from './redis-values.js';

/** The permits in Redis, which all replicas share. A permit may hold credentials, so Redis holds it encrypted. */
export class RedisPermits implements PermitRecords {
  private readonly permits: RedisValues;

  constructor(private readonly store: RedisStore) {
    this.permits = new RedisValues(store);
  }

  async get(scope: string): Promise<SessionPermit> {
    const key = this.key(scope);
    const [text] = await Promise.all([this.permits.get(key), this.permits.touch(key)]);
    return text === undefined ? {} : (JSON.parse(text) as SessionPermit);
  }

  async set(scope: string, { headers, removeHeaders }: McpPermit): Promise<void> {
    await this.permits.set(this.key(scope), JSON.stringify({ headers, removeHeaders }));
  }

  async delete(scope: string): Promise<void> {
    await this.permits.delete(this.key(scope));
  }

  private key(scope: string): string {
    return this.store.key('permit', scope);
  }
}
