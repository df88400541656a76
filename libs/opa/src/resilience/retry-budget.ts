import { SlidingWindowCounter } from './sliding-window-counter.js';

/** The window of the budget, in milliseconds. */
const WINDOW_MS = 10_000;
/** Retries per decision of the window. */
const SHARE = 0.1;
/** Retries that every window has, however few its decisions are. */
const MIN_RETRIES = 10;

/** Limits retries, so that they add no load to an overloaded OPA: 10 % of the last 10 seconds' decisions, at least 10. */
export class RetryBudget {
  private readonly decisions = new SlidingWindowCounter(WINDOW_MS);
  private readonly retries = new SlidingWindowCounter(WINDOW_MS);

  countDecision(): void {
    this.decisions.add();
  }

  /** Takes a retry from the budget; `false` when the budget is used up. */
  take(): boolean {
    if (this.retries.total() >= Math.max(MIN_RETRIES, this.decisions.total() * SHARE)) return false;
    this.retries.add();
    return true;
  }
}
