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
  readonly cacheHits: number;
  readonly retries: number;
  /** The circuit breaker's state; `off` without one. */
  readonly breaker: 'off' | 'closed' | 'open' | 'half-open';
}

/** What the transport adds to {@link OpaStats}; all zero without one. */
export type TransportSnapshot = Pick<OpaStats, 'sockets' | 'waiting'>;

const NO_TRANSPORT: TransportSnapshot = {
  sockets: { inUse: 0, idle: 0, created: 0, closed: 0, reused: 0 },
  waiting: 0,
};

/** Counts decisions. */
export class DecisionCounter {
  private readonly counts = { allow: 0, deny: 0, undefined: 0, unavailable: 0, error: 0, degraded: 0 };

  constructor(private readonly transport: () => TransportSnapshot = () => NO_TRANSPORT) {}

  count(decision: Decision): Decision {
    this.counts[decision.outcome] += 1;
    if (decision.degraded !== undefined) this.counts.degraded += 1;
    return decision;
  }

  countError(): void {
    this.counts.error += 1;
  }

  snapshot(): OpaStats {
    return { ...this.transport(), decisions: { ...this.counts }, cacheHits: 0, retries: 0, breaker: 'off' };
  }
}
