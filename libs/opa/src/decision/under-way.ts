import type { MaybePromise } from '../contracts/index.js';
import { isPromise, OpaError } from '../contracts/index.js';

/** The decisions of one module instance that are being made: a shutdown waits for them, and none begins after it. */
export class UnderWay {
  private current = new Group();
  private isClosed = false;

  /**
   * Makes a decision one of those under way, until it is settled.
   *
   * @throws OpaError `OPA_CLOSED` after the shutdown; what the decision rejects with goes through
   */
  run<T>(decide: () => MaybePromise<T>): MaybePromise<T> {
    if (this.isClosed) throw new OpaError('OPA_CLOSED', 'The OPA module has been closed.');
    const made = decide();
    return isPromise(made) ? this.until(made) : made;
  }

  /** Resolves when the decisions of this moment are over; later ones aren't waited for. */
  settled(): Promise<void> {
    const group = this.current;
    this.current = new Group();
    return group.size === 0 ? Promise.resolve() : new Promise((resolve) => (group.onEmpty = resolve));
  }

  /** Lets no decision begin any more. */
  close(): void {
    this.isClosed = true;
  }

  private async until<T>(settled: PromiseLike<T>): Promise<T> {
    const group = this.current;
    group.size += 1;
    try {
      return await settled;
    } finally {
      group.size -= 1;
      if (group.size === 0) group.onEmpty();
    }
  }
}

class Group {
  size = 0;
  onEmpty: () => void = () => undefined;
}
