import type { Decision } from '../contracts/index.js';

/** A decision that must not let the request through, on its way to the context's own error. */
export class Refused extends Error {
  constructor(readonly decision: Decision) {
    super('refused');
  }
}

/** The denial of this library's own: no policy was named, or one allowed under a condition that can't be kept. */
export function ownDenial(policy: string): Decision {
  return {
    outcome: 'deny',
    allowed: false,
    result: undefined,
    reasons: [],
    obligations: [],
    policy,
    engine: 'guard',
    cached: false,
    durationMs: 0,
  };
}
