import type { McpCall } from '../../protocol/call.js';
import { GatewayError } from '../../protocol/gateway-error.js';
import type { JsonRpcId } from '../../protocol/json-rpc.js';
import type { CallLedger } from '../records.js';
import { RedisCalls } from './redis-calls.js';
import type { StoredCall } from './redis-calls.js';
import { RedisReceivers } from './redis-receivers.js';
import type { RedisStore } from './redis-store.js';
import { RedisValues } from './redis-values.js';

/** The ledger in Redis, which all replicas share. A record that Redis has lost counts as unknown. */
export class RedisLedger implements CallLedger {
  readonly isShared = true;
  readonly events: RedisReceivers;
  readonly requests: RedisReceivers;
  private readonly calls: RedisCalls;
  private readonly scopes: RedisValues;

  constructor(private readonly store: RedisStore) {
    this.events = new RedisReceivers(store, 'event');
    this.requests = new RedisReceivers(store, 'request');
    this.calls = new RedisCalls(store);
    this.scopes = new RedisValues(store);
  }

  async begin(scope: string): Promise<void> {
    await this.scopes.set(this.scope(scope));
  }

  async note(scope: string, call: McpCall): Promise<void> {
    await Promise.all([
      this.scopes.touch(this.scope(scope)),
      this.calls.add(this.record(scope, call.request.id), call),
    ]);
  }

  async settle(scope: string, call: McpCall): Promise<void> {
    try {
      await this.calls.settle(this.record(scope, call.request.id), call);
    } catch (error) {
      // The response must not be lost for this. The policies of this call then also decide a later call with the same id.
      if (!(error instanceof GatewayError)) throw error;
    }
  }

  async callsOf(scope: string, id: JsonRpcId): Promise<readonly McpCall[] | undefined> {
    const [hasBegun, record] = await Promise.all([
      this.scopes.has(this.scope(scope)),
      this.calls.read(this.record(scope, id)),
    ]);
    // A scope without a mark began before Redis was in use, or Redis has lost the scope.
    if (!hasBegun || record === undefined || record === 'incomplete') return undefined;
    return callsIn(record);
  }

  async rivalsOf(scope: string, call: McpCall): Promise<readonly McpCall[] | undefined> {
    const record = await this.calls.read(this.record(scope, call.request.id));
    if (record === undefined || record === 'incomplete') return undefined;
    const name = this.calls.nameOf(call);
    // Without the call itself, Redis has lost at least one call of the record.
    if (!record.some((stored) => stored.name === name)) return undefined;
    return callsIn(record.filter((stored) => stored.name !== name && !stored.isSettled));
  }

  private scope(scope: string): string {
    return this.store.key('scope', scope);
  }

  private record(scope: string, id: JsonRpcId): string {
    return this.store.key('call', scope, id);
  }
}

const callsIn = (record: readonly StoredCall[]): McpCall[] => record.flatMap(({ call }) => call ?? []);
