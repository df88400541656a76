import type { Decision } from '../contracts/index.js';

/** A snapshot of what one module instance has done since it started. */
export interface OpaStats {
  /** Sockets to OPA. `reused` counts exchanges that went over a kept-alive one. */
  readonly sockets: {
    readonly inUse: number;
    readonly idle: number;
    readonly created: number;
    readonly closed: number;
    readonly reused: number;
  };
  /** Decisions that wait for a socket. */
  readonly waiting: number;
  /** Decisions by outcome, `error` for those that were rejected, `degraded` for those that weren't the engine's own. */
  readonly decisions: Readonly<Record<Decision['outcome'] | 'error' | 'degraded', number>>;
  /** Decisions that were answered from memory. */
  readonly cacheHits: number;
  /** Calls that were further tries. */
  readonly retries: number;
  /** The circuit breaker's state; `off` without one. */
  readonly breaker: 'off' | 'closed' | 'open' | 'half-open';
}

/** What the transport adds to {@link OpaStats}. */
export type TransportSnapshot = Pick<OpaStats, 'sockets' | 'waiting'>;

/** What the engine's wrappers add to {@link OpaStats}. */
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
