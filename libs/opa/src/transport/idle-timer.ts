import { clearTimeout, setTimeout } from 'node:timers';

/**
 * One timer for all that is closed after idling: Node's own, set and cleared for each socket and answer, costs more than
 * the answer's parsing.
 */
export class IdleTimer {
  private timer: NodeJS.Timeout | undefined;
  private due = Infinity;

  /**
   * @param sweep - closes what is due at a time, as `performance.now()` gives it, and says when the next one is;
   *   `Infinity` when there is none
   */
  constructor(private readonly sweep: (now: number) => number) {}

  /** Makes sure that there is a sweep at a time. */
  at(due: number): void {
    if (due >= this.due) return;
    this.stop();
    this.due = due;
    this.timer = setTimeout(this.run, Math.max(1, Math.ceil(due - performance.now()))).unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.due = Infinity;
  }

  private readonly run = (): void => {
    this.due = Infinity;
    this.at(this.sweep(performance.now()));
  };
}
