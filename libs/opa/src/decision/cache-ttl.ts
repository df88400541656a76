import type { EngineAnswer } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import { readDecision } from './read-decision.js';

/** How long decisions may be remembered, in milliseconds. */
export interface CacheTtls {
  readonly allowTtl: number;
  readonly denyTtl: number;
}

/**
 * Says how long an answer may be remembered, in milliseconds.
 *
 * @remarks The policy may say so itself, beside its decision: `"cache": false` for not at all, or `"ttl"` in
 * milliseconds, alone or within `"cache"`, in place of the configured time.
 * @returns 0 for what isn't a decision, and for a hint that can't be read
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
