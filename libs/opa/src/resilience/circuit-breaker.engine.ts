import { Logger } from '@nestjs/common';
import type { CircuitBreakerPolicy, IHalfOpenAfterBackoffContext } from 'cockatiel';
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
  isGone,
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
import { FailureShareBreaker } from './failure-share-breaker.js';

/** The state of a circuit breaker; `off` without one. */
export type BreakerState = 'off' | 'closed' | 'open' | 'half-open';

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

/** Rejects with `OPA_CIRCUIT_OPEN` at once while OPA fails. From time to time one decision is a trial. */
export class CircuitBreakerEngine extends EngineWrapper {
  private readonly logger = new Logger(CircuitBreakerEngine.name);
  private readonly breaker: FailureShareBreaker;
  private readonly policy: CircuitBreakerPolicy;
  /** Counts the failures of decisions. Each time the circuit closes, a new function takes the old one's place. */
  private countFailure = this.failureCounter();

  constructor(engine: BaseEngine, settings: CircuitBreakerSettings) {
    super(engine);
    this.breaker = new FailureShareBreaker(settings);
    // A trial that has learned nothing about OPA is followed at once by the next trial.
    let learned = true;
    const pause = new DelegateBackoff<IHalfOpenAfterBackoffContext>(({ result }) => {
      learned = 'error' in result && isGone(result.error);
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
      // Trials that learn nothing change the state with each decision: they would fill the log.
      if (learned || state === CircuitState.Closed)
        this.logger.warn(`The circuit to OPA is ${STATES[state]}.`);
    });
  }

  get state(): BreakerState {
    return STATES[this.policy.state];
  }

  evaluateNow(query: Query, options: EvaluateOptions): MaybePromise<EngineAnswer> {
    if (this.policy.state !== CircuitState.Closed) return this.evaluateInDoubt(query, options);
    // Nearly every decision is a success of a closed circuit. The policy would cost it three promises.
    return orElse(
      () => andThen(this.engine.evaluateNow(query, options), this.countSuccess),
      this.countFailure,
    );
  }

  private async evaluateInDoubt(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const { deadline, signal } = options;
    if (isLargeInput(query)) return this.evaluateLarge(query, options);
    // A decision that waits for the trial of another could miss its own deadline.
    if (this.policy.state === CircuitState.HalfOpen) throw circuitOpen();
    if (signal?.aborted === true) throw aborted(signal);
    try {
      // The trial gets no signal: a caller that goes away must not decide what is learned about OPA.
      const trial = this.policy.execute(() => this.engine.evaluate(query, { deadline }));
      return await (signal === undefined ? trial : unlessAborted(signal, trial));
    } catch (error) {
      throw error instanceof BrokenCircuitError ? circuitOpen() : error;
    }
  }

  // A large input may itself be why OPA fails. So it is no trial, which would refuse the others meanwhile; only an
  // answer to it counts.
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
      // A decision that began before the circuit opened and closed again no longer says anything about OPA.
      if (this.policy.state === CircuitState.Closed && this.countFailure === count) {
        if (isGone(error)) await this.policy.execute(failed).catch(() => undefined);
        else if (isAnswer(error)) this.breaker.success();
      }
      return failed();
    };
    return count;
  }

  // A trial that comes back without an answer of OPA has not shown that OPA is there.
  private counts(error: unknown): boolean {
    if (isGone(error)) return true;
    return this.policy.state === CircuitState.HalfOpen && !isAnswer(error);
  }
}

/** Codes of an answer whose error has no status: OPA's answer was not HTTP, or an engine failed. */
const ANSWERED = new Set(['OPA_BAD_ANSWER', 'OPA_POLICY_ERROR']);

// OPA was there and answered, if only with an error. A 429 counts too: else a flood would keep the circuit open, and
// fail-open with it. A decision that ended on its way says nothing about OPA: no socket, no token, no input.
function isAnswer(error: unknown): boolean {
  const { code, status, cause } = opaErrorOf(error);
  return status !== undefined || ANSWERED.has(code) || isCertificateRefused(cause);
}

// Rejects when the signal is aborted. The work goes on.
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
    'The circuit breaker is open, because OPA has failed too often: OPA is not asked.',
  );
}
