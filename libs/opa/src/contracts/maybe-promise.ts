/** A value, or the promise of one where there is something to wait for: a promise costs more than most of a decision. */
export type MaybePromise<T> = T | Promise<T>;

/** Tells whether a value has to be waited for. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> & object {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
