import type { OpaErrorCode } from '../contracts/index.js';

/** What a permissive policy would have stopped. */
export interface WouldDeny {
  readonly policy: string;
  /** What it would have been stopped for. */
  readonly outcome: 'deny' | 'undefined' | OpaErrorCode;
  /** How often. */
  readonly count: number;
  /** The policy's reasons, the last time. */
  readonly reasons: readonly string[];
  /** The last time. */
  readonly at: Date;
}

// Policies are few; the bound is for callers who build paths.
const MAX_ENTRIES = 1_000;

/** Counts what permissive policies would have stopped. */
export class PermissiveReport {
  private readonly entries = new Map<string, WouldDeny>();

  add(policy: string, outcome: WouldDeny['outcome'], reasons: readonly string[]): void {
    const key = `${policy} ${outcome}`;
    const count = (this.entries.get(key)?.count ?? 0) + 1;
    if (count === 1 && this.entries.size >= MAX_ENTRIES) return;
    this.entries.set(key, { policy, outcome, count, reasons, at: new Date() });
  }

  list(): WouldDeny[] {
    return [...this.entries.values()];
  }
}
