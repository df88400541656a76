import type { MaybePromise } from '../contracts/index.js';
import { isPromise, OpaError } from '../contracts/index.js';

/** The decisions of one module instance that are in flight. A shutdown waits for them; afterwards none begins. */
export class InFlightDecisions {
  private current = new Group();
  private isClosed = false;

  /**
   * Lets a decision begin.
   *
   * @throws OpaError `OPA_CLOSED` after the shutdown
   */
  assertOpen(): void {
    if (this.isClosed) throw new OpaError('OPA_CLOSED', 'The OPA module has been closed.');
  }

  /** Counts a decision until its promise settles. A decision that is made already is not counted. */
  track<T>(decision: MaybePromise<T>): MaybePromise<T> {
    if (!isPromise(decision)) return decision;
    const group = this.current;
    group.size += 1;
    return decision.finally(() => group.leave());
  }

  /** Resolves when the decisions of this moment are made. It doesn't wait for later decisions. */
  settled(): Promise<void> {
    const group = this.current;
    this.current = new Group();
    return group.size === 0 ? Promise.resolve() : new Promise((resolve) => (group.onEmpty = resolve));
  }

  /** Lets no decision begin any more. */
  close(): void {
    this.isClosed = true;
  }
}

/** Decisions that a shutdown waits for together. */
class Group {
  size = 0;
  onEmpty: () => void = () => undefined;

  leave(): void {
    this.size -= 1;
    if (this.size === 0) this.onEmpty();
  }
}
