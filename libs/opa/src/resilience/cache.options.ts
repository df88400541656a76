import { custom, optional } from 'valibot';
import { count, milliseconds, section } from '../contracts/index.js';
import type { AnswerStore } from './answer-store.js';

/** Decisions that are remembered. */
export interface OpaCacheOptions {
  /** How many, at the most; the one that was used longest ago goes first. */
  max: number;
  /** How long an allow is used, in milliseconds; 0 = not at all. */
  allowTtl: number;
  /** How long a deny or an undefined is used, in milliseconds; 0 = not at all. */
  denyTtl: number;
  /** How long after that it may stand in while OPA isn't available (`onUnavailable: 'stale'`), in milliseconds. Default: 0. */
  staleTtl?: number;
  /** Where they are kept. Default: in the process, at most `max`. */
  store?: AnswerStore;
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
