import type { MaybePromise } from '../contracts/index.js';
import { andThen, isPromise, OpaError, orElse } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import type { AnswerStore, StoredAnswer } from './answer-store.js';

/** How long a write may take, in milliseconds. */
const WRITE_MS = 1_000;

/** Replaces an entry in a store that has no `delete`: never fresh, never usable as a stale answer. */
const USELESS: StoredAnswer = { answer: {}, freshUntil: 0 };

/** The lifetime of {@link USELESS}: one second, for stores that count in seconds. */
const USELESS_TTL_MS = 1_000;

/** What is under way for one key. */
interface Line {
  /** How many evaluations and writes are under way. The line goes with the last of them. */
  users: number;
  /** The number of the evaluation that gave `known`. */
  newest: number;
  /** What the store will hold after the writes; `undefined` while only the store knows. */
  known: { readonly entry: StoredAnswer | undefined } | undefined;
  /** The writes, one after the other; `undefined` after the last of them. */
  writes: MaybePromise<unknown>;
}

/** One evaluation that is under way. */
export interface PendingAnswer {
  /** What is stored by now, where the caller found `found` in the store when the evaluation began. */
  latest(found: StoredAnswer | undefined): StoredAnswer | undefined;
  /** Stores the entry, or removes the stored one, unless a later evaluation has already been answered. */
  keep(entry: StoredAnswer | undefined, ttl: number): void;
  end(): void;
}

/**
 * A store in which the newest answer of a key wins.
 *
 * @remarks Each key has one line: a number that says which evaluation began last, and a promise chain of writes. An
 * answer to an earlier evaluation never replaces the answer to a later one, and no write overtakes another. A purge is
 * an empty answer, newer than every evaluation that is under way. A store without promises is written to directly.
 */
export class NewestAnswers {
  private readonly lines = new Map<string, Line>();
  private begun = 0;

  /** @param failed - gets the reason of a failed write */
  constructor(
    private readonly store: AnswerStore,
    private readonly waits: BoundedWaits,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Reads an entry. While a write is under way, its value counts. */
  read(key: string): ReturnType<AnswerStore['get']> {
    const known = this.lines.get(key)?.known;
    return known === undefined ? this.store.get(key) : known.entry;
  }

  /** Begins an evaluation, which the caller must end. */
  begin(key: string): PendingAnswer {
    const line = this.enter(key);
    const number = (this.begun += 1);
    return {
      latest: (found) => (line.known === undefined ? found : line.known.entry),
      keep: (entry, ttl) => {
        if (number <= line.newest) return;
        line.newest = number;
        this.write(key, line, entry, ttl);
      },
      end: () => this.leave(key, line),
    };
  }

  /** Removes every entry, and the answers of the evaluations and writes that are under way. */
  async clear(): Promise<void> {
    const lines = [...this.lines.values()];
    for (const line of lines) {
      line.newest = this.begun;
      line.known = { entry: undefined };
    }
    await this.store.clear();
    if (!lines.some(({ writes }) => isPromise(writes))) return;
    await Promise.all(lines.map(({ writes }) => Promise.resolve(writes)));
    await this.store.clear();
  }

  private write(key: string, line: Line, entry: StoredAnswer | undefined, ttl: number): void {
    const known = { entry };
    line.known = known;
    line.users += 1;
    line.writes = andThen(line.writes, () =>
      // Of the writes that wait, the latest is enough.
      line.known === known ? this.landed(key, entry, ttl) : undefined,
    );
    void andThen(line.writes, () => this.leave(key, line));
  }

  // Never fails.
  private landed(key: string, entry: StoredAnswer | undefined, ttl: number): MaybePromise<unknown> {
    return orElse<unknown>(() => {
      const written = entry === undefined ? this.remove(key) : this.store.set(key, entry, ttl);
      return isPromise(written) ? this.bounded(written, key, entry) : written;
    }, this.failed);
  }

  private async bounded(
    written: PromiseLike<void>,
    key: string,
    entry: StoredAnswer | undefined,
  ): Promise<void> {
    const landing = Promise.resolve(written);
    const bounds = { deadline: performance.now() + WRITE_MS };
    try {
      await this.waits.bounded('A write to the store of cached decisions', bounds, () => landing);
    } catch (error) {
      const isClosed = error instanceof OpaError && error.code === 'OPA_CLOSED';
      // A write that lands later than others of its key may be older than theirs.
      const forget = isClosed || entry === undefined ? undefined : (): void => this.forget(key);
      landing.then(forget, () => undefined);
      if (!isClosed) throw error;
    }
  }

  private remove(key: string): MaybePromise<void> {
    const { store } = this;
    return typeof store.delete === 'function' ? store.delete(key) : store.set(key, USELESS, USELESS_TTL_MS);
  }

  private forget(key: string): void {
    const line = this.enter(key);
    this.write(key, line, undefined, 0);
    this.leave(key, line);
  }

  private enter(key: string): Line {
    const line = this.lines.get(key) ?? { users: 0, newest: 0, known: undefined, writes: undefined };
    this.lines.set(key, line);
    line.users += 1;
    return line;
  }

  private leave(key: string, line: Line): void {
    line.users -= 1;
    if (line.users === 0) this.lines.delete(key);
  }
}
