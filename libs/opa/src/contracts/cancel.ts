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
  setMaxListeners(0, controller.signal);
  const abort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  try {
    return await work(controller.signal);
  } catch (error) {
    controller.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
