import type { OpaError } from '../contracts/index.js';
import { isGone, opaErrorOf } from '../contracts/index.js';

/**
 * Of two failures of one decision, the failure to report.
 *
 * @remarks The later failure wins, with one exception. An earlier overload, or an earlier failure that a large input may
 * have caused, must not open a door: it wins over a later failure that only says that OPA is gone or was not asked.
 */
export function worstFailure(earlier: OpaError | undefined, later: unknown): OpaError {
  const error = opaErrorOf(later);
  const notAsked = error.code === 'OPA_OVERLOADED' && error.status === undefined;
  const mustNotFallBack = earlier?.code === 'OPA_OVERLOADED' || earlier?.noFallback === true;
  return mustNotFallBack && (isGone(error) || notAsked) ? earlier : error;
}
