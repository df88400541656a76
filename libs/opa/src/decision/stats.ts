import type { Decision, MaybePromise } from '../contracts/index.js';
import { isPromise, OpaError } from '../contracts/index.js';

/** A snapshot of the sockets, and of the decisions that one module instance has made since it started. */
export interface OpaStats {
  /** Sockets to OPA. `reused` counts the requests that were sent over an existing socket. */
  readonly sockets: {
    readonly inUse: number;
    readonly idle: number;
    readonly created: number;
    readonly closed: number;
    readonly reused: number;
  };
  /** Decisions that wait for a socket. */
  readonly waiting: number;
  /**
   * Decisions by outcome. `error` counts decisions that failed. `degraded` counts decisions in which a fallback, fail-open
   * or mode `permissive` replaced the engine's answer.
   */
  readonly decisions: Readonly<Record<Decision['outcome'] | 'error' | 'degraded', number>>;
  /** Decisions that the cache answered. */
  readonly cacheHits: number;
  /** How often a request to OPA was retried. */
  readonly retries: number;
  /** The state of the circuit breaker; `off` when none is configured. */
  readonly breaker: 'off' | 'closed' | 'open' | 'half-open';
}

/** The part of {@link OpaStats} that the transport gives. */
export type TransportSnapshot = Pick<OpaStats, 'sockets' | 'waiting'>;

/** The part of {@link OpaStats} that cache, retry and circuit breaker give. */
export type EngineSnapshot = Pick<OpaStats, 'cacheHits' | 'retries' | 'breaker'>;

const NOTHING: TransportSnapshot & EngineSnapshot = {
  sockets: { inUse: 0, idle: 0, created: 0, closed: 0, reused: 0 },
  waiting: 0,
  cacheHits: 0,
  retries: 0,
  breaker: 'off',
};

/** Counts decisions. */
export class DecisionCounter {
  private readonly counts = { allow: 0, deny: 0, undefined: 0, unavailable: 0, error: 0, degraded: 0 };

  constructor(private readonly others: () => TransportSnapshot & EngineSnapshot = () => NOTHING) {}

  count(decision: Decision): Decision {
    this.counts[decision.outcome] += 1;
    if (decision.degraded !== undefined) this.counts.degraded += 1;
    return decision;
  }

  countError(): void {
    this.counts.error += 1;
  }

  snapshot(): OpaStats {
    return { ...this.others(), decisions: { ...this.counts } };
  }
}

/** The running decisions of one module instance. A shutdown waits for them. After the shutdown no decision begins. */
export class InFlightDecisions {
  private current = new Group();
  private isClosed = false;

  /**
   * Checks that a decision may begin.
   *
   * @throws OpaError `OPA_CLOSED` after the shutdown
   */
  assertOpen(): void {
    if (this.isClosed) throw new OpaError('OPA_CLOSED', 'The OPA module has been closed.');
  }

  /** Counts a decision until its promise settles. A decision without a promise is not counted. */
  track<T>(decision: MaybePromise<T>): MaybePromise<T> {
    if (!isPromise(decision)) return decision;
    const group = this.current;
    group.size += 1;
    return decision.finally(() => group.leave());
  }

  /** Waits for the decisions that run now, and not for later ones. */
  settled(): Promise<void> {
    const group = this.current;
    this.current = new Group();
    return group.size === 0 ? Promise.resolve() : new Promise((resolve) => (group.onEmpty = resolve));
  }

  /** Refuses every decision from now on. */
  close(): void {
    this.isClosed = true;
  }
}

/** Decisions that one shutdown waits for. */
class Group {
  size = 0;
  onEmpty: () => void = () => undefined;

  leave(): void {
    this.size -= 1;
    if (this.size === 0) this.onEmpty();
  }
}
