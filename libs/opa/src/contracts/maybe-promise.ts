/** A value, or the promise of one where there is something to wait for: a promise costs more than most of a decision. */
export type MaybePromise<T> = T | Promise<T>;

/** Tells whether a value has to be waited for. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> & object {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/**
 * Gives a promise of what a function returns, and a rejection of what it throws.
 *
 * @remarks As an `async` function does, without its frame: of a promise it adds nothing. A thousand decisions that wait
 * are a thousand of each frame on their way, which every garbage collection copies.
 */
export function promiseTry<T>(work: () => MaybePromise<T>): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}
