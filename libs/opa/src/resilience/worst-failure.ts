import type { OpaError } from '../contracts/index.js';
import { isGone, opaErrorOf } from '../contracts/index.js';

/**
 * Of two tries' failures, the one to tell of: the later, unless the earlier was an overload or the timeout of a large
 * input, and the later only says that OPA isn't there or wasn't asked. The earlier is not forgotten then, for nothing
 * may stand in for a decision that a flood or a large input has kept away.
 */
export function worstFailure(earlier: OpaError | undefined, later: unknown): OpaError {
  const error = opaErrorOf(later);
  const notAsked = error.code === 'OPA_OVERLOADED' && error.status === undefined;
  const opensNothing = earlier?.code === 'OPA_OVERLOADED' || earlier?.noFallback === true;
  return opensNothing && (isGone(error) || notAsked) ? earlier : error;
}
