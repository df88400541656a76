import type { Decision } from '../contracts/index.js';

/** What stands where no policy's own word does: a decision that lets through, without a document. */
export function stand(
  policy: string,
  engine: string,
  outcome: 'allow' | 'undefined' | 'unavailable',
  durationMs: number,
): Decision {
  return {
    outcome,
    allowed: true,
    result: undefined,
    reasons: [],
    obligations: [],
    policy,
    engine,
    cached: false,
    durationMs,
  };
}
