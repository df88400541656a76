import type { OpaError } from '../contracts/index.js';
import { opaErrorOf } from '../contracts/index.js';

/**
 * Of two tries' failures, the one to tell of: the later, unless the earlier was an overload. An overload is never
 * forgotten, for nothing may stand in for a decision that a flood has kept away.
 */
export function graver(earlier: OpaError | undefined, later: unknown): OpaError {
  if (earlier?.code === 'OPA_OVERLOADED') return earlier;
  return opaErrorOf(later);
}
