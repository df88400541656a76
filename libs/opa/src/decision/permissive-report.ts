import { LRUCache } from 'lru-cache';
import type { OpaErrorCode } from '../contracts/index.js';

/** Requests that a permissive policy would have stopped in mode `enforce`. */
export interface WouldDeny {
  /** The policy path. */
  readonly policy: string;
  /** Why the policy would have stopped the requests. */
  readonly outcome: 'deny' | 'undefined' | OpaErrorCode;
  /** The number of requests. */
  readonly count: number;
  /** The policy's reasons for the latest request. */
  readonly reasons: readonly string[];
  /** The time of the latest request. */
  readonly at: Date;
}

// Most applications use a few fixed paths; the bound is for callers who build paths.
const MAX_ENTRIES = 1_000;

/** Counts the requests that permissive policies would have stopped. */
export class PermissiveReport {
  private readonly entries = new LRUCache<string, WouldDeny>({ max: MAX_ENTRIES });

  add(policy: string, outcome: WouldDeny['outcome'], reasons: readonly string[]): void {
    const key = `${policy} ${outcome}`;
    const count = (this.entries.get(key)?.count ?? 0) + 1;
    this.entries.set(key, { policy, outcome, count, reasons, at: new Date() });
  }

  /** The entries; the latest is the last. */
  list(): WouldDeny[] {
    return [...this.entries.rvalues()].filter((entry) => entry !== undefined);
  }
}
