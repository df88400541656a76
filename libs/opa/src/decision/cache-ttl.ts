import type { EngineAnswer } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import { readDecision } from './read-decision.js';

/** How long decisions may be cached, in milliseconds. */
export interface CacheTtls {
  readonly allowTtl: number;
  readonly denyTtl: number;
}

/**
 * Says how long an answer may be cached, in milliseconds.
 *
 * @remarks The policy's document may set the time: `"cache": false` prevents caching. `"ttl"` in milliseconds, at the top
 * or within `"cache"`, replaces the configured time.
 * @returns 0 when the answer must not be cached: no decision, or a time that is no positive number
 */
export function cacheTtlOf(answer: EngineAnswer, policy: string, lifetimes: CacheTtls): number {
  try {
    const { allowed } = readDecision(answer, policy);
    return hintOf(answer.result) ?? (allowed ? lifetimes.allowTtl : lifetimes.denyTtl);
  } catch (error) {
    if (error instanceof OpaError) return 0;
    throw error;
  }
}

function hintOf(result: unknown): number | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const { cache, ttl } = result as { cache?: unknown; ttl?: unknown };
  if (cache === undefined || cache === true) return milliseconds(ttl);
  return typeof cache === 'object' && cache !== null
    ? milliseconds((cache as { ttl?: unknown }).ttl ?? ttl)
    : 0;
}

function milliseconds(ttl: unknown): number | undefined {
  if (ttl === undefined) return undefined;
  return typeof ttl === 'number' && ttl > 0 ? Math.min(ttl, 2_147_483_647) : 0;
}
