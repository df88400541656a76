import { LRUCache } from 'lru-cache';
import { boundedKey } from '../protocol/bounded-key.js';
import type { McpCall } from '../protocol/call.js';
import { Receivers } from './receivers.js';
import type { BegunTask, TaskRecords } from './records.js';

const MAX_BYTES = 64 * 1024 * 1024;
/** The estimated memory of one task or call beside its text. */
const ENTRY_BYTES = 512;

interface Begun extends BegunTask {
  readonly bytes: number;
}

/** The tasks in the memory of this process. A task belongs to nobody when its record is evicted. */
export class BegunTasks implements TaskRecords {
  private readonly begun = new LRUCache<string, Begun>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  });
  private readonly owners = new Receivers();

  note(subject: string, id: string, call?: McpCall): void {
    this.owners.note(subject, id);
    const key = boundedKey(subject, id);
    const { calls, bytes } = this.begun.get(key) ?? { calls: [], bytes: ENTRY_BYTES };
    if (calls === undefined) return;
    if (call === undefined || calls.some(({ request }) => request === call.request)) {
      this.begun.set(key, { calls, bytes });
      return;
    }
    const size = bytes + JSON.stringify(call.request).length + ENTRY_BYTES;
    // The calls are dropped when a server gives too many tasks the same id. Results of such a task are refused.
    if (size > MAX_BYTES / 8) this.begun.set(key, { calls: undefined, bytes });
    else this.begun.set(key, { calls: [...calls, call], bytes: size });
  }

  find(subject: string, id: string): BegunTask | undefined {
    // `get` marks the task as recently used, which `has` doesn't. So the cache evicts tasks in use last.
    return this.begun.get(boundedKey(subject, id));
  }

  isOthers(subject: string, id: string): boolean {
    return this.owners.isOthers(subject, id);
  }
}
