import { SlidingWindowCounter } from './sliding-window-counter.js';

/** Over which time the budget is reckoned, in milliseconds. */
const WINDOW_MS = 10_000;
/** Retries for each decision of that time. */
const SHARE = 0.1;
/** Retries that are always to be had in that time. */
const FLOOR = 10;

/** Keeps retries from becoming a load of their own: 10 % of the last 10 seconds' decisions, never fewer than 10. */
export class RetryBudget {
  private readonly decisions = new SlidingWindowCounter(WINDOW_MS);
  private readonly retries = new SlidingWindowCounter(WINDOW_MS);

  countDecision(): void {
    this.decisions.add();
  }

  /** Takes a retry from the budget; `false` when it is used up. */
  take(): boolean {
    if (this.retries.total() >= Math.max(FLOOR, this.decisions.total() * SHARE)) return false;
    this.retries.add();
    return true;
  }
}
