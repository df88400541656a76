import { custom, optional } from 'valibot';
import { count, milliseconds, section } from '../contracts/index.js';
import type { DecisionStore } from './decision-store.js';

/**
 * The options of the decision cache.
 *
 * @example
 * ```ts
 * import { OpaModule } from 'nestjs-opa';
 *
 * OpaModule.forRoot({ cache: { max: 10_000, allowTtl: 5_000, denyTtl: 1_000 } });
 * ```
 */
export interface OpaCacheOptions {
  /** The largest number of entries. The entry that was used longest ago is removed first. */
  max: number;
  /** How long an allow is cached, in milliseconds. 0 means never. */
  allowTtl: number;
  /** How long a denial or an undefined policy is cached, in milliseconds. 0 means never. */
  denyTtl: number;
  /**
   * How long an expired entry may replace the result of an unavailable OPA (`onUnavailable: 'stale'`), in milliseconds.
   * Default: 0.
   */
  staleTtl?: number;
  /** Stores the entries. Default: the memory of the process. */
  store?: DecisionStore;
}

const isStore = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['get', 'set', 'clear'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

/** Accepts {@link OpaCacheOptions}. */
export const cacheSchema = section({
  max: count(1),
  allowTtl: milliseconds(0),
  denyTtl: milliseconds(0),
  staleTtl: optional(milliseconds(0)),
  store: optional(custom(isStore, 'a store with get, set and clear')),
});
