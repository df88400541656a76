import { LRUCache } from 'lru-cache';
import type { JsonRpcId } from '../protocol/json-rpc.js';
import { boundedKey } from '../protocol/bounded-key.js';
import type { ReceiverRecords } from './records.js';

const MAX_IDS = 100_000;

/**
 * Records which receivers got which ids from a server: ids of events, of the server's requests, or of tasks. An evicted
 * id counts as sent to nobody.
 */
export class Receivers implements ReceiverRecords {
  private readonly pairs = new LRUCache<string, true>({ max: MAX_IDS });
  /** The ids that at least one receiver got. */
  private readonly ids = new LRUCache<string, true>({ max: MAX_IDS });

  note(receiver: string, id: JsonRpcId): void {
    this.pairs.set(boundedKey(receiver, id), true);
    this.ids.set(boundedKey('', id), true);
  }

  has(receiver: string, id: JsonRpcId): boolean {
    return this.pairs.has(boundedKey(receiver, id));
  }

  isOthers(receiver: string, id: JsonRpcId): boolean {
    return !this.has(receiver, id) && this.ids.has(boundedKey('', id));
  }
}
