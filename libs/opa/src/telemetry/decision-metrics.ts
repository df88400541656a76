import type { Context, Counter, Histogram, Meter } from '@opentelemetry/api';
import type { OpaDecisionEvent } from '../contracts/index.js';

/** The bounds of the histogram's buckets, in seconds. */
const BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** The most policies that have a label of their own. An application may compute policy paths from requests. */
const MAX_POLICIES = 200;

/** Counts decisions, by labels with a bounded number of values. */
export class DecisionMetrics {
  private readonly duration: Histogram;
  private readonly degraded: Counter;
  private readonly policies = new Set<string>();

  constructor(meter: Meter) {
    this.duration = meter.createHistogram('opa.decision.duration', {
      description: 'The time of a decision.',
      unit: 's',
      advice: { explicitBucketBoundaries: BOUNDS },
    });
    this.degraded = meter.createCounter('opa.decision.degraded', {
      description:
        'Decisions in which a fallback, fail-open or mode permissive replaced the answer of the engine.',
      unit: '{decision}',
    });
  }

  /**
   * Counts a decision.
   *
   * @param context - holds the span of the decision, which the metric may name as an exemplar
   */
  record(event: OpaDecisionEvent, context: Context | undefined): void {
    const { outcome, engine, degraded, durationMs } = event;
    const policy = this.label(event.policy);
    this.duration.record(durationMs / 1_000, { policy, outcome, engine }, context);
    if (degraded !== undefined) this.degraded.add(1, { policy, degraded }, context);
  }

  private label(policy: string): string {
    if (this.policies.size < MAX_POLICIES) this.policies.add(policy);
    return this.policies.has(policy) ? policy : 'other';
  }
}
