import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { worstFailure } from './worst-failure.js';
import { RetryBudget } from './retry-budget.js';
import type { RetrySettings } from './retry.options.js';
import { EngineWrapper } from './engine-wrapper.js';

/**
 * Asks again after a failure that says nothing about the policy: OPA refused, reset or broke off the connection, or
 * answered 429, 502, 503 or 504.
 *
 * @remarks Within the decision's deadline, after a pause with full jitter that honours `Retry-After`, and within a
 * {@link RetryBudget}.
 */
export class RetryEngine extends EngineWrapper {
  private readonly budget = new RetryBudget();
  private made = 0;

  constructor(
    engine: PolicyEngine,
    private readonly settings: RetrySettings,
    private readonly waits: BoundedWaits,
  ) {
    super(engine);
  }

  /** How many calls were further tries. */
  get retries(): number {
    return this.made;
  }

  evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    this.budget.countDecision();
    return this.engine
      .evaluate(query, options)
      .then(undefined, (error: unknown) => this.again(error, query, options));
  }

  private async again(first: unknown, query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    let failure = worstFailure(undefined, first);
    let latest = first;
    for (let left = this.settings.retries; ; left -= 1) {
      if (left <= 0 || !isPassing(latest)) throw failure;
      await this.pause(latest, failure, options);
      try {
        return await this.engine.evaluate(query, options);
      } catch (error) {
        latest = error;
        failure = worstFailure(failure, error);
      }
    }
  }

  private async pause(error: OpaError, failure: OpaError, options: EvaluateOptions): Promise<void> {
    const { minDelay, maxDelay } = this.settings;
    const jitter = minDelay + Math.random() * (maxDelay - minDelay);
    const pause = Math.max(jitter, error.retryAfterMs ?? 0);
    if (performance.now() + pause >= options.deadline || !this.budget.take()) throw failure;
    await this.waits.pause(pause, options.signal);
    // A process that stood still may wake up past the deadline.
    if (performance.now() >= options.deadline) throw failure;
    this.made += 1;
  }
}

function isPassing(error: unknown): error is OpaError {
  return error instanceof OpaError && (error.code === 'OPA_UNREACHABLE' || error.status === 429);
}
