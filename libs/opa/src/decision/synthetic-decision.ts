import type { Decision, OpaError } from '../contracts/index.js';
import { isGone } from '../contracts/index.js';

/** Makes a decision that lets through without a policy's document. */
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

/**
 * Makes the decision of a denial that mode `permissive` lets pass. Nothing of the denial is carried out: it has no
 * obligations, headers, status or body. Its document and its reasons stay.
 */
export function passedDenial(denial: Decision): Decision {
  const { outcome, result, reasons, id, policy, engine, revision, cached, durationMs } = denial;
  return {
    outcome,
    allowed: true,
    result,
    reasons,
    obligations: [],
    ...(id !== undefined && { id }),
    policy,
    engine,
    ...(revision !== undefined && { revision }),
    cached,
    durationMs,
    degraded: 'permissive',
    enforced: 'pass',
  };
}

/**
 * Says how a request passes without a decision; `undefined` where it must not pass. Fail-open follows only an OPA that
 * is gone: never a flood, a bad answer or a refused credential.
 */
export function degradationOf(
  error: OpaError,
  permissive: boolean,
  failOpen: boolean,
): 'fail-open' | 'permissive' | undefined {
  if (error.code === 'OPA_ABORTED') return undefined;
  if (permissive) return 'permissive';
  return isGone(error) && failOpen ? 'fail-open' : undefined;
}
