import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import type { CancelSignal, EvaluateOptions } from '../contracts/index.js';
import { offAbort, onAbort, OpaError } from '../contracts/index.js';
import type { Listed } from './member-list.js';
import { MemberList } from './member-list.js';
import { timedOut } from './phase-clock.js';

/** The error of a decision whose caller aborted it. */
export function aborted(signal: CancelSignal): OpaError {
  return new OpaError('OPA_ABORTED', 'The decision was aborted by its caller.', { cause: signal.reason });
}

/** The error of a decision after the module was closed. */
export function closed(): OpaError {
  return new OpaError('OPA_CLOSED', 'The OPA module has been closed.');
}

/** The waits of one module instance outside the pool. Closing ends every wait, so that no timer remains. */
export class BoundedWaits {
  private readonly waiting = new MemberList<Wait>();
  private isClosed = false;

  /**
   * Waits for work at most until a deadline, or until a signal is aborted.
   *
   * @param what - the name of the slow part, for the error when the work is late
   * @param work - starts the work; a result after the deadline is dropped
   * @param late - makes the error when the work is late. Default: `OPA_TIMEOUT`
   * @throws OpaError what `late` makes, `OPA_ABORTED` or `OPA_CLOSED`; rejections of the work go through
   */
  bounded<T>(
    what: string,
    { deadline, signal }: EvaluateOptions,
    work: () => Promise<T>,
    late: () => OpaError = () => timedOut(what),
  ): Promise<T> {
    const remaining = deadline - performance.now();
    const refusal = this.refusal(signal) ?? (remaining <= 0 ? late() : undefined);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise<T>((resolve, reject) => {
      // After it was blocked, the event loop runs its timers before it reads sockets. What came in time goes first.
      const giveUp = (): void => void setImmediate(() => setImmediate(() => reject(late())));
      const wait = new Wait(remaining, signal, reject, giveUp);
      this.waiting.add(wait);
      work()
        .finally(() => wait.end())
        .then(resolve, reject);
    });
  }

  /**
   * Waits for some time, in milliseconds.
   *
   * @throws OpaError `OPA_ABORTED` or `OPA_CLOSED`
   */
  pause(ms: number, signal: CancelSignal | undefined): Promise<void> {
    const refusal = this.refusal(signal);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => this.waiting.add(new Wait(ms, signal, reject, resolve)));
  }

  /** Ends every wait with `OPA_CLOSED`, and every later wait as well. */
  close(): void {
    this.isClosed = true;
    for (const wait of this.waiting.all()) wait.fail(closed());
  }

  private refusal(signal: CancelSignal | undefined): OpaError | undefined {
    if (this.isClosed) return closed();
    return signal?.aborted === true ? aborted(signal) : undefined;
  }
}

class Wait implements Listed<Wait> {
  list: Listed<Wait>['list'] = undefined;
  previous: Listed<Wait>['previous'] = undefined;
  next: Listed<Wait>['next'] = undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    ms: number,
    private readonly signal: CancelSignal | undefined,
    private readonly reject: (error: OpaError) => void,
    over: () => void,
  ) {
    this.timer = setTimeout(() => {
      this.end();
      over();
    }, ms);
    if (signal !== undefined) onAbort(signal, this.abort);
  }

  end(): void {
    clearTimeout(this.timer);
    if (this.signal !== undefined) offAbort(this.signal, this.abort);
    this.list?.delete(this);
  }

  fail(error: OpaError): void {
    this.end();
    this.reject(error);
  }

  private readonly abort = (): void => {
    if (this.signal !== undefined) this.fail(aborted(this.signal));
  };
}
