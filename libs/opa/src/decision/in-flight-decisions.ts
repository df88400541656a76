import { OpaError } from '../contracts/index.js';

/** The decisions of one module instance that are being made: a shutdown waits for them, and none begins after it. */
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

  /** Counts a decision that has to be waited for; whoever waits tells the group when it is over. */
  join(): Group {
    this.current.size += 1;
    return this.current;
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
}

/** Decisions that a shutdown waits for together. */
class Group {
  size = 0;
  onEmpty: () => void = () => undefined;

  /** One of them is over. */
  leave(): void {
    this.size -= 1;
    if (this.size === 0) this.onEmpty();
  }
}
