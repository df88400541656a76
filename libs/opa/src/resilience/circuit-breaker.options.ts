import { custom, optional } from 'valibot';
import { count, milliseconds, section } from '../contracts/index.js';

/**
 * The options of the circuit breaker, which stops sending queries to an OPA that fails. Only `OPA_UNREACHABLE` and `OPA_TIMEOUT`
 * count as failures.
 *
 * @example
 * ```ts
 * import { OpaModule } from 'nestjs-opa';
 *
 * OpaModule.forRoot({ circuitBreaker: { threshold: 0.25, halfOpenAfter: 5_000 } });
 * ```
 */
export interface OpaCircuitBreakerOptions {
  /** The share of failures that opens the circuit, above 0 and up to 1. Default: 0.5. */
  threshold?: number;
  /** The length of the window in which failures are counted, in milliseconds. Default: 10,000. */
  duration?: number;
  /** The number of decisions in the window below which the circuit stays closed. Default: 20. */
  minimumCalls?: number;
  /** The time after which an open circuit lets one decision through as a trial, in milliseconds. Default: 1,000. */
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

/** Adds the defaults to the options. */
export function circuitBreakerSettings(options: OpaCircuitBreakerOptions): CircuitBreakerSettings {
  const { threshold = 0.5, duration = 10_000, minimumCalls = 20, halfOpenAfter = 1_000 } = options;
  return { threshold, duration, minimumCalls, halfOpenAfter };
}
