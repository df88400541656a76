/**
 * A value, or the promise of a value where there is something to wait for.
 *
 * @remarks A promise costs more than the rest of a decision by the embedded engine or the cache. Code that may get
 * either continues with `andThen` and `orElse`, so that each step is written once.
 */
export type MaybePromise<T> = T | Promise<T>;

/** Tells whether a value is a promise, of any library. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> & object {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/**
 * Continues with a value: at once, or when its promise resolves. It is `then` for a {@link MaybePromise}.
 *
 * @throws what `next` throws, where `value` is no promise
 */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  // A promise of another library becomes one of Node.
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value);
}

/**
 * Runs work, and continues with `failed` where the work throws or its promise rejects. It is `catch` for a
 * {@link MaybePromise}.
 *
 * @throws what `failed` throws, where the work gave no promise
 */
export function orElse<T>(
  work: () => MaybePromise<T>,
  failed: (error: unknown) => MaybePromise<T>,
): MaybePromise<T> {
  try {
    const value = work();
    return isPromise(value) ? Promise.resolve(value).catch(failed) : value;
  } catch (error) {
    return failed(error);
  }
}

/**
 * Gives a promise of what a function returns, and a rejection of what the function throws, as `Promise.try` of Node 24.
 *
 * @remarks An `async` function does the same with a frame of its own. Under load a thousand decisions wait at once, and
 * each garbage collection copies their frames.
 */
export function promiseTry<T>(work: () => MaybePromise<T>): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}
