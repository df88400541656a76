import { LRUCache } from 'lru-cache';
import type { McpPermit } from '../policy/enforcer.js';
import type { PermitRecords, SessionPermit } from './records.js';

const MAX_SCOPES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** The estimated memory of one entry beside its text. */
const ENTRY_BYTES = 256;

/** The permits in the memory of this process. The scope that was unused for longest is evicted first. */
export class SessionPermits implements PermitRecords {
  private readonly permits = new LRUCache<string, SessionPermit>({
    max: MAX_SCOPES,
    maxSize: MAX_BYTES,
    sizeCalculation: (permit) => JSON.stringify(permit).length + ENTRY_BYTES,
  });

  get(scope: string): SessionPermit {
    return this.permits.get(scope) ?? {};
  }

  set(scope: string, { headers, removeHeaders }: McpPermit): void {
    this.permits.set(scope, { headers, removeHeaders });
  }

  delete(scope: string): void {
    this.permits.delete(scope);
  }
}
