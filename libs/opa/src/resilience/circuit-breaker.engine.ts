import { Logger } from '@nestjs/common';
import type { CircuitBreakerPolicy, IBreaker, IHalfOpenAfterBackoffContext } from 'cockatiel';
import { BrokenCircuitError, circuitBreaker, CircuitState, DelegateBackoff, handleWhen } from 'cockatiel';
import type { CancelSignal, EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { isGone, isLargeInput, offAbort, onAbort, OpaError, opaErrorOf } from '../contracts/index.js';
import { aborted, isCertificateRefused } from '../transport/index.js';
import type { CircuitBreakerSettings } from './circuit-breaker.options.js';
import { SlidingWindowCounter } from './sliding-window-counter.js';
import { EngineWrapper } from './engine-wrapper.js';

/** The state of a circuit breaker; `off` without one. */
export type BreakerState = 'off' | 'closed' | 'open' | 'half-open';

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

/** Answers `OPA_CIRCUIT_OPEN` at once while OPA fails, and lets one decision after another try it from time to time. */
export class CircuitBreakerEngine extends EngineWrapper {
  private readonly logger = new Logger(CircuitBreakerEngine.name);
  private readonly breaker: ShareBreaker;
  private readonly policy: CircuitBreakerPolicy;
  /** Counts the failure of a decision that begins now; one for all until the circuit is closed again. */
  private countFailure = this.failureCounter();

  constructor(engine: PolicyEngine, settings: CircuitBreakerSettings) {
    super(engine);
    this.breaker = new ShareBreaker(settings);
    // After one that has found out nothing of OPA, the next one tries.
    let told = true;
    const pause = new DelegateBackoff<IHalfOpenAfterBackoffContext>(({ result }) => {
      told = 'error' in result && isGone(result.error);
      return told ? settings.halfOpenAfter : 0;
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
      // Each decision may be one that tries and finds out nothing.
      if (told || state === CircuitState.Closed) this.logger.warn(`The circuit to OPA is ${STATES[state]}.`);
    });
  }

  get state(): BreakerState {
    return STATES[this.policy.state];
  }

  evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    // Nearly every decision is a success of a closed circuit, and the policy would cost it three promises.
    return this.policy.state === CircuitState.Closed
      ? this.engine.evaluate(query, options).then(this.countSuccess, this.countFailure)
      : this.evaluateInDoubt(query, options);
  }

  private async evaluateInDoubt(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const { deadline, signal } = options;
    if (isLargeInput(query)) return this.evaluateLarge(query, options);
    // Waiting for the one that tries could outlast this decision's own deadline.
    if (this.policy.state === CircuitState.HalfOpen) throw open();
    if (signal?.aborted === true) throw aborted(signal);
    try {
      // Not ended with its caller, who would else decide what is found out about OPA.
      const trial = this.policy.execute(() => this.engine.evaluate(query, { deadline }));
      return await (signal === undefined ? trial : unlessAborted(signal, trial));
    } catch (error) {
      throw error instanceof BrokenCircuitError ? open() : error;
    }
  }

  // It may itself be why OPA fails: it finds out nothing for others, who would be refused meanwhile, but by an answer.
  private async evaluateLarge(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const answer = await this.engine.evaluate(query, options);
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
      // Others may have opened it since, and closed it again; what began before no longer says anything of OPA then.
      if (this.policy.state === CircuitState.Closed && this.countFailure === count) {
        if (isGone(error)) await this.policy.execute(failed).catch(() => undefined);
        else if (isAnswer(error)) this.breaker.success();
      }
      return failed();
    };
    return count;
  }

  // One that tries OPA and comes back without its answer has not shown that it is there.
  private counts(error: unknown): boolean {
    if (isGone(error)) return true;
    return this.policy.state === CircuitState.HalfOpen && !isAnswer(error);
  }
}

// Those that tell of OPA's word without its status: what isn't HTTP, and an engine that failed.
const SAID = new Set(['OPA_BAD_ANSWER', 'OPA_POLICY_ERROR']);

// OPA was there and said something, be it an error. A 429 too: else a flood would keep the circuit open, and with it the
// door that fail-open has. What ended on the way to it tells nothing: no place in the queue, no token, no input.
function isAnswer(error: unknown): boolean {
  const { code, status, cause } = opaErrorOf(error);
  return status !== undefined || SAID.has(code) || isCertificateRefused(cause);
}

// Lets go of the work's outcome when the signal is aborted; the work goes on.
function unlessAborted<T>(signal: CancelSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(aborted(signal));
    onAbort(signal, leave);
    work.finally(() => offAbort(signal, leave)).then(resolve, reject);
  });
}

function open(): OpaError {
  return new OpaError('OPA_CIRCUIT_OPEN', 'OPA is not asked: it has failed too often of late.');
}

/** Opens at a share of failures among enough decisions of a sliding time. */
class ShareBreaker implements IBreaker {
  state: unknown = undefined;
  private readonly failures: SlidingWindowCounter;
  private readonly all: SlidingWindowCounter;

  constructor(private readonly settings: CircuitBreakerSettings) {
    this.failures = new SlidingWindowCounter(settings.duration);
    this.all = new SlidingWindowCounter(settings.duration);
  }

  success(): void {
    this.all.add();
  }

  /** Begins anew, with the decision whose answer has closed the circuit. */
  reset(): void {
    this.failures.reset();
    this.all.reset();
    this.all.add();
  }

  failure(state: CircuitState): boolean {
    this.failures.add();
    this.all.add();
    const all = this.all.total();
    const { minimumCalls, threshold } = this.settings;
    return state !== CircuitState.Closed || (all >= minimumCalls && this.failures.total() >= threshold * all);
  }
}
