import { setMaxListeners } from 'node:events';

/**
 * The part of `AbortSignal` that the library uses. Every `AbortSignal` can be given.
 *
 * @remarks Creating a real `AbortSignal` for each request would cost more than the rest of the guard.
 */
export interface CancelSignal {
  /** Whether the caller has given up. */
  readonly aborted: boolean;
  /** Why the caller gave up. */
  readonly reason?: unknown;
  /** Calls the listener when the signal is aborted. */
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  /** Undoes `addEventListener`. */
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The listeners of each shared signal. They share one listener on the signal, because Node warns of a leak above ten. */
const listenersOf = new WeakMap<AbortSignal, Listeners>();

class Listeners {
  private readonly all = new Set<() => void>();

  constructor(private readonly signal: AbortSignal) {}

  add(listener: () => void): void {
    if (this.all.size === 0) this.signal.addEventListener('abort', this.notify, { once: true });
    this.all.add(listener);
  }

  delete(listener: () => void): void {
    this.all.delete(listener);
    if (this.all.size === 0) this.signal.removeEventListener('abort', this.notify);
  }

  private readonly notify = (): void => {
    for (const listener of [...this.all]) listener();
  };
}

// Marks the signals that withAbortSignal creates. They allow any number of listeners, so no listener has to be shared,
// which would cost 5 µs a decision.
const UNSHARED = Symbol('nestjs-opa:unshared-signal');

/** Calls a function once when a signal is aborted. A shared signal gets one listener for all such functions. */
export function onAbort(signal: CancelSignal, listener: () => void): void {
  if (!isShared(signal)) return signal.addEventListener('abort', listener, { once: true });
  const listeners = listenersOf.get(signal) ?? new Listeners(signal);
  listenersOf.set(signal, listeners);
  listeners.add(listener);
}

/** Undoes {@link onAbort}. */
export function offAbort(signal: CancelSignal, listener: () => void): void {
  if (isShared(signal)) listenersOf.get(signal)?.delete(listener);
  else signal.removeEventListener('abort', listener);
}

function isShared(signal: CancelSignal): signal is AbortSignal {
  return signal instanceof AbortSignal && !(UNSHARED in signal);
}

/**
 * Runs work with a real `AbortSignal`, which Node's functions and user code need.
 *
 * @remarks The new signal is aborted when `signal` is aborted, and when the work fails: the other parts of the work
 * then stop too.
 */
export async function withAbortSignal<T>(
  signal: CancelSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  // Each part of the work adds a listener, and Node warns of a leak above ten.
  setMaxListeners(0, Object.assign(controller.signal, { [UNSHARED]: true }));
  const abort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  else if (signal !== undefined) onAbort(signal, abort);
  try {
    return await work(controller.signal);
  } catch (error) {
    controller.abort(error);
    throw error;
  } finally {
    if (signal !== undefined) offAbort(signal, abort);
  }
}
