import type { Decision, EngineAnswer, OpaError } from '../contracts/index.js';
import { isUnavailable } from '../contracts/index.js';

/** Makes a decision that lets a request through without a policy's document. */
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

/** Makes the decision for a failed evaluation after which the request passes nevertheless. */
export function passedFailure(
  policy: string,
  engine: string,
  durationMs: number,
  degraded: 'fail-open' | 'permissive',
): Decision {
  return {
    ...syntheticDecision(policy, engine, 'unavailable', durationMs),
    degraded,
    ...(degraded === 'permissive' && { enforced: 'pass' }),
  };
}

/** Makes the decision that stands for the document about a list of items. The caller reads the document. */
export function listDecision(
  { result, id, revision, cached = false, degraded }: EngineAnswer,
  policy: string,
  engine: string,
  durationMs: number,
): Decision {
  const outcome = result === undefined ? 'undefined' : 'allow';
  return {
    ...syntheticDecision(policy, engine, outcome, durationMs),
    result,
    id,
    revision,
    cached,
    degraded,
  };
}

/**
 * Makes the decision for a denial that mode `permissive` lets pass. The decision keeps the document and the reasons. It
 * has no obligations, headers, status or body, because nothing of a denial is carried out.
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
 * Says why a request may pass after a failed evaluation; `undefined` when the request must not pass. Fail-open needs an
 * unavailable OPA: an overload, a bad answer or a refused credential never leads to fail-open.
 */
export function degradationOf(
  error: OpaError,
  permissive: boolean,
  failOpen: boolean,
): 'fail-open' | 'permissive' | undefined {
  if (error.code === 'OPA_ABORTED') return undefined;
  if (permissive) return 'permissive';
  return isUnavailable(error) && failOpen ? 'fail-open' : undefined;
}
