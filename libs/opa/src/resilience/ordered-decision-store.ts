import type { MaybePromise } from '../contracts/index.js';
import { andThen, isPromise, OpaError, orElse } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import type { DecisionStore, StoredDecision } from './decision-store.js';

/** How long a write may take, in milliseconds. */
const WRITE_MS = 1_000;

/** Replaces an entry in a store that has no `delete`. It is never used, neither as a fresh nor as a stale decision. */
const EXPIRED: StoredDecision = { answer: {}, freshUntil: 0 };

/** The lifetime of {@link EXPIRED}: one second, for stores that count in seconds. */
const EXPIRED_TTL_MS = 1_000;

/** The evaluations and writes that are running for one key. */
interface Line {
  /** The number of running evaluations and writes. The line is removed with the last of them. */
  users: number;
  /** The number of the evaluation that produced `pendingValue`. */
  newest: number;
  /** The entry after all writes; `undefined` when there were no writes. */
  pendingValue: { readonly entry: StoredDecision | undefined } | undefined;
  /** The promise chain of the writes; `undefined` when no write is running. */
  writes: MaybePromise<unknown>;
}

/** One running evaluation. */
export interface PendingDecision {
  /** Returns the newest entry. `entry` is the entry that the caller read when the evaluation began. */
  latest(entry: StoredDecision | undefined): StoredDecision | undefined;
  /** Stores the entry, or removes the stored one, unless a later evaluation has already returned. */
  store(entry: StoredDecision | undefined, ttl: number): void;
  /** Ends the evaluation. */
  end(): void;
}

/**
 * Writes to a store so that the newest decision of a key is the stored one.
 *
 * @remarks Evaluations are numbered in the order in which they begin. Each key has a promise chain of writes. The decision
 * of an earlier evaluation never replaces the decision of a later evaluation, and no write overtakes another. A purge counts as
 * an empty entry that is newer than every running evaluation. A store without promises is written to directly.
 */
export class OrderedDecisionStore {
  private readonly lines = new Map<string, Line>();
  private begun = 0;

  /** @param failed - gets the reason of a failed write */
  constructor(
    private readonly store: DecisionStore,
    private readonly waits: BoundedWaits,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Reads an entry. While a write is running, its value is returned. */
  read(key: string): ReturnType<DecisionStore['get']> {
    const pendingValue = this.lines.get(key)?.pendingValue;
    return pendingValue === undefined ? this.store.get(key) : pendingValue.entry;
  }

  /** Begins an evaluation, which the caller must end. */
  begin(key: string): PendingDecision {
    const line = this.enter(key);
    const number = (this.begun += 1);
    return {
      latest: (entry) => (line.pendingValue === undefined ? entry : line.pendingValue.entry),
      store: (entry, ttl) => {
        if (number <= line.newest) return;
        line.newest = number;
        this.write(key, line, entry, ttl);
      },
      end: () => this.leave(key, line),
    };
  }

  /** Removes every entry. The decisions of running evaluations and writes are not stored. */
  async clear(): Promise<void> {
    const lines = [...this.lines.values()];
    for (const line of lines) {
      line.newest = this.begun;
      line.pendingValue = { entry: undefined };
    }
    await this.store.clear();
    if (!lines.some(({ writes }) => isPromise(writes))) return;
    await Promise.all(lines.map(({ writes }) => Promise.resolve(writes)));
    await this.store.clear();
  }

  private write(key: string, line: Line, entry: StoredDecision | undefined, ttl: number): void {
    const pendingValue = { entry };
    line.pendingValue = pendingValue;
    line.users += 1;
    line.writes = andThen(line.writes, () =>
      // Only the latest of the waiting writes is carried out.
      line.pendingValue === pendingValue ? this.writeNow(key, entry, ttl) : undefined,
    );
    void andThen(line.writes, () => this.leave(key, line));
  }

  // Never throws and never rejects; failures go to `failed`.
  private writeNow(key: string, entry: StoredDecision | undefined, ttl: number): MaybePromise<unknown> {
    return orElse<unknown>(() => {
      const writing = entry === undefined ? this.remove(key) : this.store.set(key, entry, ttl);
      return isPromise(writing) ? this.bounded(writing, key, entry) : writing;
    }, this.failed);
  }

  private async bounded(
    writing: PromiseLike<void>,
    key: string,
    entry: StoredDecision | undefined,
  ): Promise<void> {
    const completed = Promise.resolve(writing);
    const bounds = { deadline: performance.now() + WRITE_MS };
    try {
      await this.waits.bounded('A write to the store of cached decisions', bounds, () => completed);
    } catch (error) {
      const isClosed = error instanceof OpaError && error.code === 'OPA_CLOSED';
      // A write that succeeds after its timeout may overwrite a newer entry, so its entry is removed.
      const forget = isClosed || entry === undefined ? undefined : (): void => this.forget(key);
      completed.then(forget, () => undefined);
      if (!isClosed) throw error;
    }
  }

  private remove(key: string): MaybePromise<void> {
    const { store } = this;
    return typeof store.delete === 'function' ? store.delete(key) : store.set(key, EXPIRED, EXPIRED_TTL_MS);
  }

  private forget(key: string): void {
    const line = this.enter(key);
    this.write(key, line, undefined, 0);
    this.leave(key, line);
  }

  private enter(key: string): Line {
    const line = this.lines.get(key) ?? { users: 0, newest: 0, pendingValue: undefined, writes: undefined };
    this.lines.set(key, line);
    line.users += 1;
    return line;
  }

  private leave(key: string, line: Line): void {
    line.users -= 1;
    if (line.users === 0) this.lines.delete(key);
  }
}
