import type { OpaError } from '../contracts/index.js';
import { isUnavailable, opaErrorOf } from '../contracts/index.js';

/**
 * Chooses the failure to report, of two failures of one decision.
 *
 * @remarks The later failure is reported, with one exception. An earlier overload, or a failure that a large input may
 * have caused, must never lead to fail-open. So it is reported when the later failure only says that OPA is unavailable or was
 * not asked.
 */
export function worstFailure(earlier: OpaError | undefined, later: unknown): OpaError {
  const error = opaErrorOf(later);
  const notAsked = error.code === 'OPA_OVERLOADED' && error.status === undefined;
  const mustNotFallBack = earlier?.code === 'OPA_OVERLOADED' || earlier?.noFallback === true;
  return mustNotFallBack && (isUnavailable(error) || notAsked) ? earlier : error;
}
