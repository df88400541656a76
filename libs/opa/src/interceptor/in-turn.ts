import type { OperatorFunction } from 'rxjs';
import { concatMap, defer, map, takeWhile } from 'rxjs';
import { MAX_BUFFERED_BYTES } from './files.js';

/** What an item that waits counts for beside its JSON, in characters. */
const OVERHEAD = 256;

/**
 * Works on the items of a stream one at a time, in their order.
 *
 * @remarks An Observable can't be asked to wait, so that items wait here: up to 4 MiB of JSON. One beyond that ends the
 * stream in its turn, with the error of `overflow`, and the source at once.
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
    // It can't be decided either: it is refused in its turn.
    return 0;
  }
}
