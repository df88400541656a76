import { optional } from 'valibot';
import { count, milliseconds, section } from '../contracts/index.js';

/** Further tries of a call that failed before OPA had decided. */
export interface OpaRetryOptions {
  /** How many, at the most. Default: 1. */
  retries?: number;
  /** The shortest pause before one, in milliseconds. Default: 25. */
  minDelay?: number;
  /** The longest pause, in milliseconds; each pause is drawn evenly from between the two (full jitter). Default: 250. */
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

/** Fills in the defaults; an implied pause is clamped to a given one. */
export function retrySettings(options: OpaRetryOptions): RetrySettings {
  const { retries = 1, minDelay, maxDelay } = options;
  return {
    retries,
    minDelay: minDelay ?? Math.min(25, maxDelay ?? 25),
    maxDelay: maxDelay ?? Math.max(250, minDelay ?? 250),
  };
}
