import type { BaseEngine, EngineAnswer, EvaluateOptions, MaybePromise, Query } from '../contracts/index.js';
import { OpaError, orElse } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { EngineWrapper } from './engine-wrapper.js';
import { RetryBudget } from './retry-budget.js';
import type { RetrySettings } from './retry.options.js';
import { worstFailure } from './worst-failure.js';

/**
 * Retries after a failure that says nothing about the policy: OPA refused, reset or broke off the connection, or
 * answered 429, 502, 503 or 504.
 *
 * @remarks A retry keeps to the decision's deadline and to a {@link RetryBudget}. Before each retry the engine pauses,
 * with full jitter, at least for OPA's `Retry-After`.
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

  /** How many retries there were since the start. */
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
      if (remaining <= 0 || !isPassing(latest)) throw worst;
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

function isPassing(error: unknown): error is OpaError {
  return error instanceof OpaError && (error.code === 'OPA_UNREACHABLE' || error.status === 429);
}
