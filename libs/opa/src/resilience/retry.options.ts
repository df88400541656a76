import { optional } from 'valibot';
import { count, milliseconds, section } from '../contracts/index.js';

/**
 * The options of retries after a request to OPA has failed temporarily.
 *
 * @example
 * ```ts
 * import { OpaModule } from 'nestjs-opa';
 *
 * OpaModule.forRoot({ retry: { retries: 2, minDelay: 10, maxDelay: 100 } });
 * ```
 */
export interface OpaRetryOptions {
  /** The largest number of retries of one request. Default: 1. */
  retries?: number;
  /** The shortest pause before a retry, in milliseconds. Default: 25. */
  minDelay?: number;
  /** The longest pause before a retry, in milliseconds. Each pause is random between the two limits. Default: 250. */
  maxDelay?: number;
}

/** {@link OpaRetryOptions} with every default filled in. */
export type RetrySettings = Readonly<Required<OpaRetryOptions>>;

/** Accepts {@link OpaRetryOptions}. */
export const retrySchema = section({
  retries: optional(count(0)),
  minDelay: optional(milliseconds(0)),
  maxDelay: optional(milliseconds(0)),
});

/** Adds the defaults to the options. A default pause never exceeds, or falls below, the configured one. */
export function retrySettings(options: OpaRetryOptions): RetrySettings {
  const { retries = 1, minDelay, maxDelay } = options;
  return {
    retries,
    minDelay: minDelay ?? Math.min(25, maxDelay ?? 25),
    maxDelay: maxDelay ?? Math.max(250, minDelay ?? 250),
  };
}
