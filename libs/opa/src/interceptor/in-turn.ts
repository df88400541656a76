import type { OperatorFunction } from 'rxjs';
import { concatMap, defer, map, takeWhile } from 'rxjs';
import { MAX_BUFFERED_BYTES } from './files.js';

/** The fixed size that a waiting item adds to the size of its JSON, in characters. */
const OVERHEAD = 256;

/**
 * Processes the items of a stream one at a time, in their order.
 *
 * @remarks An Observable has no backpressure, so this operator queues up to 4 MiB of JSON. When an item exceeds the
 * limit, the operator unsubscribes from the source at once. The stream fails with the error of `overflow` after the
 * queued items.
 */
export function inTurn<T, R>(
  work: (item: T) => Promise<R>,
  overflow: () => Promise<Error>,
): OperatorFunction<T, R> {
  return (source) =>
    defer(() => {
      let count = 0;
      let waiting = 0;
      const admit = (item: T): { item: T; size: number; fits: boolean } => {
        const size = count === 0 ? 0 : OVERHEAD + sizeOf(item);
        count += 1;
        waiting += size;
        return { item, size, fits: waiting <= MAX_BUFFERED_BYTES };
      };
      return source.pipe(
        map(admit),
        takeWhile(({ fits }) => fits, true),
        concatMap(async ({ item, size, fits }) => {
          if (!fits) throw await overflow();
          waiting -= size;
          try {
            return await work(item);
          } finally {
            count -= 1;
          }
        }),
      );
    });
}

function sizeOf(item: unknown): number {
  try {
    return (JSON.stringify(item) as string | undefined)?.length ?? 0;
  } catch {
    // JSON can't hold this item, so `work` refuses it later.
    return 0;
  }
}
