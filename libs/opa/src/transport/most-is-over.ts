/** What anything may take on a busy machine, in milliseconds, without a meaning. */
const LEAST_MS = 100;

/**
 * When most of a decision's time is over: OPA is not the one that is late where it could not be asked before.
 *
 * @param begin - of the time, and
 * @param deadline - its end, as `performance.now()` gives them
 */
export function mostIsOver(begin: number, deadline: number): number {
  return Math.max((begin + deadline) / 2, begin + LEAST_MS);
}
