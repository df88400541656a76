import type { CancelSignal, EvaluateOptions } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import type { Phase, PhaseTimes } from './lateness.js';
import { blame, LIMITS, PHASES } from './lateness.js';

/** The error of a server or function that did not answer before a decision's deadline. */
export function timedOut(what: string): OpaError {
  return new OpaError('OPA_TIMEOUT', `${what} did not answer before the decision's deadline.`);
}

/** What else is known when a request is late. */
export interface Lateness {
  /** The event loop was blocked, and what the request waited for may have come meanwhile. Default: `false`. */
  readonly blocked?: boolean;
  /** The HTTP status with which OPA had refused an earlier try. */
  readonly status?: number | undefined;
  /** Default: `performance.now()`. */
  readonly now?: number;
}

/**
 * The bounds of one request to an OPA, and the clock that says how long the request was in each {@link Phase}.
 *
 * @remarks The client starts a clock for each request, not for each decision: every OPA and every retry has its own
 * deadline, and one OPA is not to blame for the time that another OPA used.
 */
export class PhaseClock implements EvaluateOptions, PhaseTimes {
  readonly deadline: number;
  readonly signal: CancelSignal | undefined;
  readonly spent: Record<Phase, number> = {
    credential: 0,
    interceptors: 0,
    adapter: 0,
    queue: 0,
    connect: 0,
    opa: 0,
  };
  private current: Phase = 'credential';
  private enteredAt: number;

  /** @param startedAt - now, unless the time before counts as well; as `performance.now()` gives it */
  constructor(
    { deadline, signal }: EvaluateOptions,
    private readonly startedAt = performance.now(),
  ) {
    this.deadline = deadline;
    this.signal = signal;
    this.enteredAt = startedAt;
  }

  /** The phase that the request is in. */
  get phase(): Phase {
    return this.current;
  }

  /** The latest time at which OPA can get the request and still have its fair share, as `performance.now()` gives it. */
  get latestFairStart(): number {
    return this.startedAt + (this.deadline - this.startedAt) * (1 - LIMITS.fairShare);
  }

  /** Marks that the request enters a phase, now or at an earlier time. */
  enter(phase: Phase, now = performance.now()): void {
    const at = Math.max(now, this.enteredAt);
    this.spent[this.current] += at - this.enteredAt;
    this.current = phase;
    this.enteredAt = at;
  }

  /**
   * Starts the clock of a request that is one part of this one: a retry after a 401, or what an interceptor sends. The
   * time until now counts for both; this clock stays in its phase.
   */
  fork(bounds: EvaluateOptions = this, now = performance.now()): PhaseClock {
    const clock = new PhaseClock(bounds, this.startedAt);
    Object.assign(clock.spent, this.spent);
    clock.spent[this.current] += now - this.enteredAt;
    clock.current = this.current;
    clock.enteredAt = now;
    return clock;
  }

  /** Takes over the times and the phase of a clock that this one has forked, when the part is over. */
  join({ spent, current, enteredAt }: PhaseClock): void {
    Object.assign(this.spent, spent);
    this.current = current;
    this.enteredAt = enteredAt;
  }

  /**
   * The error of the request when its deadline has passed.
   *
   * @param what - the name of the server, for the message
   */
  late(what: string, { blocked = false, status, now }: Lateness = {}): OpaError {
    this.enter(this.current, now);
    const { code, text } = blame(this, blocked);
    const cause = code === 'OPA_TIMEOUT' || code === 'OPA_OVERLOADED' ? {} : { cause: timedOut(what) };
    return new OpaError(code, `${what} ${text}${this.summary()}.`, { ...cause, status });
  }

  private summary(): string {
    const phases = PHASES.filter((phase) => this.spent[phase] >= 1);
    const times = phases.map((phase) => `${phase} ${this.spent[phase].toFixed(0)} ms`);
    return times.length === 0 ? '' : ` (${times.join(', ')})`;
  }
}
