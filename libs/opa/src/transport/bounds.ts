import { clearTimeout, setTimeout } from 'node:timers';
import type { CancelSignal, EvaluateOptions } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

/** The error of a decision whose caller went away. */
export function aborted(signal: CancelSignal): OpaError {
  return new OpaError('OPA_ABORTED', 'The decision was aborted by its caller.', { cause: signal.reason });
}

/** The error of a decision that has passed its deadline. */
export function timedOut(what: string): OpaError {
  return new OpaError('OPA_TIMEOUT', `${what} did not answer before the decision's deadline.`);
}

/**
 * Holds something that knows no bounds of its own to a deadline and a signal.
 *
 * @param what - whom to name when it is late
 * @param work - starts the work; what it comes to after the bounds is dropped
 * @throws OpaError `OPA_TIMEOUT` or `OPA_ABORTED`; what the work rejects with goes through
 */
export function bounded<T>(what: string, bounds: EvaluateOptions, work: () => Promise<T>): Promise<T> {
  const { deadline, signal } = bounds;
  if (signal?.aborted === true) return Promise.reject(aborted(signal));
  const remaining = deadline - performance.now();
  if (remaining <= 0) return Promise.reject(timedOut(what));
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      if (signal !== undefined) reject(aborted(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      reject(timedOut(what));
    }, remaining);
    signal?.addEventListener('abort', onAbort, { once: true });
    work()
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      })
      .then(resolve, reject);
  });
}
