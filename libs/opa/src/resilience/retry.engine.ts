import type { BaseEngine, EngineAnswer, EvaluateOptions, MaybePromise, Query } from '../contracts/index.js';
import { OpaError, orElse } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { EngineWrapper } from './engine-wrapper.js';
import type { RetrySettings } from './retry.options.js';
import { SlidingWindowCounter } from './sliding-window-counter.js';
import { worstFailure } from './worst-failure.js';

/** The length of the budget's window, in milliseconds. */
const WINDOW_MS = 10_000;
/** Retries per decision of the window. */
const SHARE = 0.1;
/** The retries that are always allowed in a window. */
const MIN_RETRIES = 10;

/**
 * Limits retries, so that they don't overload OPA further: 10 % of the decisions of the last 10 seconds, and at least 10
 * retries.
 */
class RetryBudget {
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

/**
 * Retries after temporary failures: OPA refused, reset or closed the connection, or returned 429, 502, 503 or 504.
 *
 * @remarks Retries keep the decision's deadline and the {@link RetryBudget}. The pause before a retry is random ("full
 * jitter"), and at least as long as OPA's `Retry-After`.
 */
export class RetryEngine extends EngineWrapper {
  private readonly budget = new RetryBudget();
  private retried = 0;

  constructor(
    engine: BaseEngine,
    private readonly settings: RetrySettings,
    private readonly waits: BoundedWaits,
  ) {
    super(engine);
  }

  /** The number of retries since the start. */
  get retries(): number {
    return this.retried;
  }

  evaluateNow(query: Query, options: EvaluateOptions): MaybePromise<EngineAnswer> {
    this.budget.countDecision();
    return orElse(
      () => this.engine.evaluateNow(query, options),
      (error) => this.retry(error, query, options),
    );
  }

  private async retry(first: unknown, query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    let worst = worstFailure(undefined, first);
    let latest = first;
    for (let remaining = this.settings.retries; ; remaining -= 1) {
      if (remaining <= 0 || !isTemporary(latest)) throw worst;
      await this.pause(latest, worst, options);
      try {
        return await this.engine.evaluateNow(query, options);
      } catch (error) {
        latest = error;
        worst = worstFailure(worst, error);
      }
    }
  }

  private async pause(latest: OpaError, worst: OpaError, options: EvaluateOptions): Promise<void> {
    const { minDelay, maxDelay } = this.settings;
    const jitter = minDelay + Math.random() * (maxDelay - minDelay);
    const pause = Math.max(jitter, latest.retryAfterMs ?? 0);
    if (performance.now() + pause >= options.deadline || !this.budget.take()) throw worst;
    await this.waits.pause(pause, options.signal);
    // A process whose event loop was blocked may wake up past the deadline.
    if (performance.now() >= options.deadline) throw worst;
    this.retried += 1;
  }
}

function isTemporary(error: unknown): error is OpaError {
  return error instanceof OpaError && (error.code === 'OPA_UNREACHABLE' || error.status === 429);
}
