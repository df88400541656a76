import type { Decision, OpaError } from '../contracts/index.js';
import { isGone } from '../contracts/index.js';

/** What stands where no policy's own word does: a decision that lets through, without a document. */
export function syntheticDecision(
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

/** How a request is let through without a decision; only where an OPA isn't there, never a flood, a bad answer or a refused credential. */
export function degradationOf(
  error: OpaError,
  permissive: boolean,
  failOpen: boolean,
): 'fail-open' | 'permissive' | undefined {
  if (error.code === 'OPA_ABORTED') return undefined;
  if (permissive) return 'permissive';
  return isGone(error) && failOpen ? 'fail-open' : undefined;
}
