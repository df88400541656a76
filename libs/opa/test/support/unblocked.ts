import { monitorEventLoopDelay } from 'node:perf_hooks';

/** A blocked event loop turns OPA_TIMEOUT into OPA_OVERLOADED from 20 ms on; see `transport/lateness.ts`. */
const STALL_NS = 10_000_000;
const ATTEMPTS = 5;

/**
 * Repeats what a test does while the machine stalls the event loop, for tests of timeouts that are OPA's fault. The last
 * attempt counts, whatever happens.
 */
export async function unblocked<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const result = await run();
    delay.disable();
    if (delay.max < STALL_NS || attempt === ATTEMPTS) return result;
  }
}
