import type { MaybePromise } from '../contracts/index.js';
import { isPromise, OpaError, promiseTry } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import type { AnswerStore, StoredAnswer } from './answer-store.js';

/** How long a write is waited for, in milliseconds. */
const WRITE_MS = 1_000;

/** Neither fresh nor able to stand in, ever. */
const USELESS: StoredAnswer = { answer: {}, freshUntil: 0 };

/** A second, for a store that reckons in seconds. */
const USELESS_TTL_MS = 1_000;

interface Write {
  readonly begin: () => MaybePromise<void>;
  /** What to do when it has landed after it was no longer waited for. */
  readonly late?: () => void;
}

/** The writes of one key: one is under way, and of those behind it the latest is enough. */
interface Line {
  /** What the store will hold in the end. */
  latest: StoredAnswer | undefined;
  writing: Promise<void>;
  next: Write | undefined;
}

/**
 * A store whose writes of one key happen in their order, and none from before {@link OrderedStore.clear} after it.
 *
 * @remarks A write that takes too long is no longer waited for; should it land, its key is forgotten. A store that
 * gives no promises is written to directly.
 */
export class OrderedStore {
  private readonly lines = new Map<string, Line>();

  /** @param failed - is told why a write failed */
  constructor(
    private readonly store: AnswerStore,
    private readonly waits: BoundedWaits,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** What is being written counts, not what it is about to take the place of. */
  get(key: string): ReturnType<AnswerStore['get']> {
    const line = this.lines.get(key);
    return line === undefined ? this.store.get(key) : line.latest;
  }

  set(key: string, answer: StoredAnswer, ttl: number): void {
    const begin = (): MaybePromise<void> => this.store.set(key, answer, ttl);
    this.write(key, answer, { begin, late: () => this.forget(key) });
  }

  /** Takes out what was kept, so that it doesn't stand in later for a newer answer that isn't kept. */
  forget(key: string): void {
    const { store } = this;
    const begin = (): MaybePromise<void> =>
      typeof store.delete === 'function' ? store.delete(key) : store.set(key, USELESS, USELESS_TTL_MS);
    this.write(key, undefined, { begin });
  }

  async clear(): Promise<void> {
    const writing = [...this.lines.values()].map((line) => {
      line.latest = undefined;
      line.next = undefined;
      return line.writing;
    });
    await this.store.clear();
    if (writing.length === 0) return;
    await Promise.all(writing);
    await this.store.clear();
  }

  private write(key: string, latest: StoredAnswer | undefined, write: Write): void {
    const line = this.lines.get(key);
    if (line !== undefined) {
      line.latest = latest;
      line.next = write;
      return;
    }
    try {
      const written = write.begin();
      if (!isPromise(written)) return;
      void this.follow(key, { latest, writing: this.landed(written, write), next: undefined });
    } catch (error) {
      this.failed(error);
    }
  }

  private async follow(key: string, line: Line): Promise<void> {
    this.lines.set(key, line);
    await line.writing;
    while (line.next !== undefined) {
      const { next } = line;
      line.next = undefined;
      line.writing = this.landed(promiseTry(next.begin), next);
      await line.writing;
    }
    this.lines.delete(key);
  }

  // Never rejects.
  private async landed(written: PromiseLike<void>, { late }: Write): Promise<void> {
    const landing = Promise.resolve(written);
    const bounds = { deadline: performance.now() + WRITE_MS };
    try {
      await this.waits.bounded('A write to the store of cached decisions', bounds, () => landing);
    } catch (error) {
      const isOver = error instanceof OpaError && error.code === 'OPA_CLOSED';
      if (!isOver) this.failed(error);
      landing.then(isOver ? undefined : late, () => undefined);
    }
  }
}
