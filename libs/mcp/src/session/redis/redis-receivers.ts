import type { JsonRpcId } from '../../protocol/json-rpc.js';
import type { ReceiverRecords } from '../records.js';
import type { RedisStore } from './redis-store.js';
import { RedisValues } from './redis-values.js';

/** Records in Redis which receivers got which ids from a server. */
export class RedisReceivers implements ReceiverRecords {
  private readonly marks: RedisValues;

  /** @param kind - what the ids name, such as `event` */
  constructor(
    private readonly store: RedisStore,
    private readonly kind: string,
  ) {
    this.marks = new RedisValues(store);
  }

  async note(receiver: string, id: JsonRpcId): Promise<void> {
    await Promise.all([this.marks.set(this.pair(receiver, id)), this.marks.set(this.any(id))]);
  }

  has(receiver: string, id: JsonRpcId): Promise<boolean> {
    return this.marks.has(this.pair(receiver, id));
  }

  async isOthers(receiver: string, id: JsonRpcId): Promise<boolean> {
    const [isReceiver, isKnown] = await Promise.all([this.has(receiver, id), this.marks.has(this.any(id))]);
    return isKnown && !isReceiver;
  }

  private pair(receiver: string, id: JsonRpcId): string {
    return this.store.key(`${this.kind}-of`, receiver, id);
  }

  private any(id: JsonRpcId): string {
    return this.store.key(this.kind, id);
  }
}
