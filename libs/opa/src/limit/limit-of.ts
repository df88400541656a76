import { createHash } from 'node:crypto';
import type { Obligation } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

const MAX_KEY = 4_096;
const MAX_POINTS = 1_000_000_000;
/** Timers of Node run for 2^31 - 1 milliseconds at most. */
const MAX_SECONDS = 2_147_483;

/** A rate: at most `points` requests in `seconds`. */
export interface Limit {
  /** The name of the counter. It is a hash, so that Redis holds no text of the policy. */
  readonly counter: string;
  readonly points: number;
  readonly seconds: number;
}

/**
 * Reads the properties of an obligation `limit`.
 *
 * @throws OpaError `OPA_BAD_DECISION` for missing and wrong properties
 */
export function limitOf({ properties: { key, points, seconds } }: Obligation): Limit {
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY)
    throw malformed(`a text "key" of 1 to ${MAX_KEY} characters`);
  if (!isWithin(points, MAX_POINTS)) throw malformed(`whole "points" from 1 to ${MAX_POINTS}`);
  if (!isWithin(seconds, MAX_SECONDS)) throw malformed(`whole "seconds" from 1 to ${MAX_SECONDS}`);
  // Two rates with the same key have two counters.
  const counter = createHash('sha256')
    .update(JSON.stringify([key, points, seconds]))
    .digest('base64url');
  return { counter, points, seconds };
}

function isWithin(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max;
}

function malformed(needs: string): OpaError {
  return new OpaError('OPA_BAD_DECISION', `An obligation "limit" is malformed: it needs ${needs}.`);
}
