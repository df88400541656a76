import { custom, optional } from 'valibot';
import { count, milliseconds, section } from '../contracts/index.js';

/** When to stop asking an OPA that fails. Only `OPA_UNREACHABLE` and `OPA_TIMEOUT` count as failures. */
export interface OpaCircuitBreakerOptions {
  /** The share of failures that opens it, above 0 and up to 1. Default: 0.5. */
  threshold?: number;
  /** Over which time the share is reckoned, in milliseconds. Default: 10,000. */
  duration?: number;
  /** With at least so many decisions in it. Default: 20. */
  minimumCalls?: number;
  /** One decision is tried after this, in milliseconds. Default: 1,000. */
  halfOpenAfter?: number;
}

/** {@link OpaCircuitBreakerOptions} with every default filled in. */
export type CircuitBreakerSettings = Readonly<Required<OpaCircuitBreakerOptions>>;

const share = custom(
  (value) => typeof value === 'number' && value > 0 && value <= 1,
  'a share above 0 and up to 1',
);

/** Accepts {@link OpaCircuitBreakerOptions}. */
export const circuitBreakerSchema = section({
  threshold: optional(share),
  duration: optional(milliseconds(1)),
  minimumCalls: optional(count(1)),
  halfOpenAfter: optional(milliseconds(1)),
});

/** Fills in the defaults. */
export function circuitBreakerSettings(options: OpaCircuitBreakerOptions): CircuitBreakerSettings {
  const { threshold = 0.5, duration = 10_000, minimumCalls = 20, halfOpenAfter = 1_000 } = options;
  return { threshold, duration, minimumCalls, halfOpenAfter };
}
