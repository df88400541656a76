import type { OpaError } from '../contracts/index.js';
import { isGone, opaErrorOf } from '../contracts/index.js';

/**
 * Of two tries' failures, the one to tell of: the later, unless the earlier was an overload and the later only says
 * that OPA isn't there or wasn't asked. An overload is not forgotten then, for nothing may stand in for a decision that
 * a flood has kept away.
 */
export function graver(earlier: OpaError | undefined, later: unknown): OpaError {
  const error = opaErrorOf(later);
  const notAsked = error.code === 'OPA_OVERLOADED' && error.status === undefined;
  return earlier?.code === 'OPA_OVERLOADED' && (isGone(error) || notAsked) ? earlier : error;
}
