import { Logger } from '@nestjs/common';
import type { CircuitBreakerPolicy, IBreaker, IHalfOpenAfterBackoffContext } from 'cockatiel';
import { BrokenCircuitError, circuitBreaker, CircuitState, DelegateBackoff, handleWhen } from 'cockatiel';
import type {
  BaseEngine,
  CancelSignal,
  EngineAnswer,
  EvaluateOptions,
  MaybePromise,
  Query,
} from '../contracts/index.js';
import {
  andThen,
  isUnavailable,
  isLargeInput,
  offAbort,
  onAbort,
  OpaError,
  opaErrorOf,
  orElse,
} from '../contracts/index.js';
import { aborted, isCertificateRefused } from '../transport/index.js';
import type { CircuitBreakerSettings } from './circuit-breaker.options.js';
import { EngineWrapper } from './engine-wrapper.js';
import { SlidingWindowCounter } from './sliding-window-counter.js';

/** The state of the circuit breaker; `off` when none is configured. */
export type BreakerState = 'off' | 'closed' | 'open' | 'half-open';

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

/** Opens the circuit when the share of failures in a sliding window is too large. */
class FailureShareBreaker implements IBreaker {
  state: unknown = undefined;
  private readonly failures: SlidingWindowCounter;
  private readonly decisions: SlidingWindowCounter;

  constructor(private readonly settings: CircuitBreakerSettings) {
    this.failures = new SlidingWindowCounter(settings.duration);
    this.decisions = new SlidingWindowCounter(settings.duration);
  }

  success(): void {
    this.decisions.add();
  }

  /** Starts a new window. It holds the decision that closed the circuit. */
  reset(): void {
    this.failures.reset();
    this.decisions.reset();
    this.decisions.add();
  }

  /** @returns whether the circuit opens */
  failure(state: CircuitState): boolean {
    this.failures.add();
    this.decisions.add();
    if (state !== CircuitState.Closed) return true;
    const decisions = this.decisions.total();
    const { minimumCalls, threshold } = this.settings;
    return decisions >= minimumCalls && this.failures.total() >= threshold * decisions;
  }
}

/**
 * The circuit breaker. While the circuit is open, decisions fail at once with `OPA_CIRCUIT_OPEN`. From time to time one
 * decision is let through as a trial.
 */
export class CircuitBreakerEngine extends EngineWrapper {
  private readonly logger = new Logger(CircuitBreakerEngine.name);
  private readonly breaker: FailureShareBreaker;
  private readonly policy: CircuitBreakerPolicy;
  /** Counts failures. A new function replaces this one each time the circuit closes, to ignore older decisions. */
  private countFailure = this.failureCounter();

  constructor(engine: BaseEngine, settings: CircuitBreakerSettings) {
    super(engine);
    this.breaker = new FailureShareBreaker(settings);
    // After a trial that says nothing about OPA, the next decision is a trial too.
    let learned = true;
    const pause = new DelegateBackoff<IHalfOpenAfterBackoffContext>(({ result }) => {
      learned = 'error' in result && isUnavailable(result.error);
      return learned ? settings.halfOpenAfter : 0;
    });
    this.policy = circuitBreaker(
      handleWhen((error) => this.counts(error)),
      { halfOpenAfter: pause, breaker: this.breaker },
    );
    this.policy.onReset(() => {
      this.breaker.reset();
      this.countFailure = this.failureCounter();
    });
    this.policy.onStateChange((state) => {
      // Trials that say nothing about OPA change the state with each decision, and would fill the log.
      if (learned || state === CircuitState.Closed)
        this.logger.warn(`The circuit to OPA is ${STATES[state]}.`);
    });
  }

  get state(): BreakerState {
    return STATES[this.policy.state];
  }

  evaluateNow(query: Query, options: EvaluateOptions): MaybePromise<EngineAnswer> {
    if (this.policy.state !== CircuitState.Closed) return this.evaluateInDoubt(query, options);
    // Nearly every decision succeeds while the circuit is closed. cockatiel would add three promises to each.
    return orElse(
      () => andThen(this.engine.evaluateNow(query, options), this.countSuccess),
      this.countFailure,
    );
  }

  private async evaluateInDoubt(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const { deadline, signal } = options;
    if (isLargeInput(query)) return this.evaluateLarge(query, options);
    // A decision that waited for the running trial could miss its deadline.
    if (this.policy.state === CircuitState.HalfOpen) throw circuitOpen();
    if (signal?.aborted === true) throw aborted(signal);
    try {
      // The trial gets no signal, because an abort by the caller says nothing about OPA.
      const trial = this.policy.execute(() => this.engine.evaluate(query, { deadline }));
      return await (signal === undefined ? trial : unlessAborted(signal, trial));
    } catch (error) {
      throw error instanceof BrokenCircuitError ? circuitOpen() : error;
    }
  }

  // A large input may itself make OPA fail. So it is not a trial, and only a success of it counts.
  private async evaluateLarge(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const answer = await this.engine.evaluateNow(query, options);
    await this.policy.execute(() => answer).catch(() => undefined);
    return answer;
  }

  private readonly countSuccess = (answer: EngineAnswer): EngineAnswer => {
    this.breaker.success();
    return answer;
  };

  private failureCounter(): (error: unknown) => Promise<never> {
    const count = async (error: unknown): Promise<never> => {
      const failed = (): Promise<never> => Promise.reject(error);
      // A decision that began before the circuit last opened says nothing about the present OPA.
      if (this.policy.state === CircuitState.Closed && this.countFailure === count) {
        if (isUnavailable(error)) await this.policy.execute(failed).catch(() => undefined);
        else if (hasResponded(error)) this.breaker.success();
      }
      return failed();
    };
    return count;
  }

  // A trial succeeds only when OPA responded.
  private counts(error: unknown): boolean {
    if (isUnavailable(error)) return true;
    return this.policy.state === CircuitState.HalfOpen && !hasResponded(error);
  }
}

/** The codes of responses without an HTTP status: OPA's response was not HTTP, or an engine failed. */
const RESPONDED = new Set(['OPA_BAD_ANSWER', 'OPA_POLICY_ERROR']);

// Whether OPA responded, even with an error. A 429 counts as a response. Otherwise an overload would keep the circuit
// open, and an open circuit leads to fail-open. A decision that never reached OPA (no socket, token or input) has none.
function hasResponded(error: unknown): boolean {
  const { code, status, cause } = opaErrorOf(error);
  return status !== undefined || RESPONDED.has(code) || isCertificateRefused(cause);
}

// Rejects when the signal is aborted. The work continues.
function unlessAborted<T>(signal: CancelSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(aborted(signal));
    onAbort(signal, abort);
    work.finally(() => offAbort(signal, abort)).then(resolve, reject);
  });
}

function circuitOpen(): OpaError {
  return new OpaError(
    'OPA_CIRCUIT_OPEN',
    'OPA was not asked, because it failed too often and the circuit breaker is open.',
  );
}
