import { LRUCache } from 'lru-cache';
import type { JsonRpcId } from '../protocol/json-rpc.js';
import { boundedKey } from '../protocol/bounded-key.js';

const MAX_IDS = 100_000;

/** To whom a server has sent ids: of events, of its own requests, or of tasks. A forgotten id was sent to nobody. */
export class Receivers {
  private readonly pairs = new LRUCache<string, true>({ max: MAX_IDS });
  /** The ids that anybody was sent. */
  private readonly ids = new LRUCache<string, true>({ max: MAX_IDS });

  /** Notes that a receiver is sent an id. */
  note(receiver: string, id: JsonRpcId): void {
    this.pairs.set(boundedKey(receiver, id), true);
    this.ids.set(boundedKey('', id), true);
  }

  /** Whether a receiver was sent an id. */
  has(receiver: string, id: JsonRpcId): boolean {
    return this.pairs.has(boundedKey(receiver, id));
  }

  /** Whether others were sent an id, and this receiver was not. */
  isOthers(receiver: string, id: JsonRpcId): boolean {
    return !this.has(receiver, id) && this.ids.has(boundedKey('', id));
  }
}
