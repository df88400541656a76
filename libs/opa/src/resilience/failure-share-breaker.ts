import type { IBreaker } from 'cockatiel';
import { CircuitState } from 'cockatiel';
import type { CircuitBreakerSettings } from './circuit-breaker.options.js';
import { SlidingWindowCounter } from './sliding-window-counter.js';

/** Opens the circuit at a share of failures, among enough decisions of a sliding window. */
export class FailureShareBreaker implements IBreaker {
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

  /** Begins a new window with the decision whose answer has closed the circuit. */
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
