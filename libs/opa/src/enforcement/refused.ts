import type { Decision } from '../contracts/index.js';

/** The internal error that carries a denial. The guard and the interceptor convert it to the form of the context. */
export class Refused extends Error {
  constructor(readonly decision: Decision) {
    super('refused');
  }
}

/** Makes a denial of the library itself: no policy is declared, or an obligation of an allow can't be carried out. */
export function syntheticDenial(policy: string): Decision {
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
