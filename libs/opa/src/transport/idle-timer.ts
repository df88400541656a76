import { clearTimeout, setTimeout } from 'node:timers';

/**
 * One timer that closes all idle sockets.
 *
 * @remarks A timer for each socket, set and cleared for each response, costs more than parsing the response.
 */
export class IdleTimer {
  private timer: NodeJS.Timeout | undefined;
  private due = Infinity;

  /**
   * @param sweep - closes the sockets that are due by a time (`performance.now()`), and returns when the next one is due;
   *   `Infinity` when no socket idles
   */
  constructor(private readonly sweep: (now: number) => number) {}

  /** Schedules a sweep at a time, unless an earlier one is scheduled. */
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
