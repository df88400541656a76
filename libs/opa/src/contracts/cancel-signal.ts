import { setMaxListeners } from 'node:events';

/**
 * What the library needs of an `AbortSignal`, and every `AbortSignal` is one.
 *
 * @remarks A real one for each request would cost more than the rest of the guard.
 */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Who is told of a real signal's abort: one listener there, for Node takes more than ten for a leak. */
const told = new WeakMap<AbortSignal, Listeners>();

class Listeners {
  private readonly all = new Set<() => void>();

  constructor(private readonly signal: AbortSignal) {}

  add(listener: () => void): void {
    if (this.all.size === 0) this.signal.addEventListener('abort', this.tell, { once: true });
    this.all.add(listener);
  }

  delete(listener: () => void): void {
    this.all.delete(listener);
    if (this.all.size === 0) this.signal.removeEventListener('abort', this.tell);
  }

  private readonly tell = (): void => {
    for (const listener of [...this.all]) listener();
  };
}

// On the signals that are made here, which may have any number of listeners: to share one costs 5 µs a decision.
const OWN = Symbol('nestjs-opa:own-signal');

/** Has a function called once when a signal is aborted; any number of them costs the signal one listener. */
export function onAbort(signal: CancelSignal, listener: () => void): void {
  if (!isShared(signal)) return signal.addEventListener('abort', listener, { once: true });
  const listeners = told.get(signal) ?? new Listeners(signal);
  told.set(signal, listeners);
  listeners.add(listener);
}

/** Takes back {@link onAbort}. */
export function offAbort(signal: CancelSignal, listener: () => void): void {
  if (isShared(signal)) told.get(signal)?.delete(listener);
  else signal.removeEventListener('abort', listener);
}

function isShared(signal: CancelSignal): signal is AbortSignal {
  return signal instanceof AbortSignal && !(OWN in signal);
}

/**
 * Runs work with a real `AbortSignal`, for Node's own functions and for the code of others: aborted when `signal` is, and
 * when the work fails, so that no part of it goes on for nobody.
 */
export async function withAbortSignal<T>(
  signal: CancelSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  // As many listen as the work has parts; Node takes more than ten for a leak.
  setMaxListeners(0, Object.assign(controller.signal, { [OWN]: true }));
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
