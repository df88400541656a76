import { Logger } from '@nestjs/common';
import type { CancelSignal, OpaErrorCode } from '../contracts/index.js';
import { OpaError, withAbortSignal, withCause } from '../contracts/index.js';

// The item itself may be their cause; with any other, nobody knows anything of the items.
const OF_ONE_ITEM: ReadonlySet<OpaErrorCode> = new Set<OpaErrorCode>([
  'OPA_POLICY_ERROR',
  'OPA_BAD_DECISION',
  'OPA_BAD_ANSWER',
  'OPA_BAD_INPUT',
]);

const logger = new Logger('OpaFilter');

/** How {@link allowedIndexes} asks. */
interface EachOptions {
  /** How many questions are asked at a time. */
  readonly concurrency: number;
  /** The policy path, for the log. */
  readonly policy: string;
  /** The caller's own. */
  readonly signal: CancelSignal | undefined;
}

/**
 * Asks about each of so many items, a few at a time. An item whose own question fails is left out and logged.
 *
 * @returns the indexes that `ask` is true for
 * @throws what `ask` rejects with, when that isn't about one item or each item fails; what is under way is aborted
 */
export async function allowedIndexes(
  count: number,
  { concurrency, policy, signal }: EachOptions,
  ask: (index: number, signal: CancelSignal) => Promise<boolean>,
): Promise<ReadonlySet<number>> {
  const found = new Set<number>();
  const failures: OpaError[] = [];
  let next = 0;
  let over = false;
  await withAbortSignal(signal, async (until) => {
    const work = async (): Promise<void> => {
      while (next < count && !over) {
        const index = next++;
        try {
          if (await ask(index, until)) found.add(index);
        } catch (error) {
          if (!(error instanceof OpaError) || !OF_ONE_ITEM.has(error.code)) {
            over = true;
            throw error;
          }
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, count) }, work));
  });
  const [first] = failures;
  if (first !== undefined && failures.length === count) throw first;
  if (first !== undefined) {
    logger.error(
      `The policy "${policy}" failed on ${failures.length} of ${count} items, which are left out; ` +
        `the first: ${withCause(first)}`,
    );
  }
  return found;
}
