import { Logger } from '@nestjs/common';
import type { CancelSignal, OpaErrorCode } from '../contracts/index.js';
import { OpaError, withAbortSignal, withCause } from '../contracts/index.js';

// The item itself may cause these failures. Any other failure says nothing about the items.
const ITEM_FAILURES: ReadonlySet<OpaErrorCode> = new Set<OpaErrorCode>([
  'OPA_POLICY_ERROR',
  'OPA_BAD_DECISION',
  'OPA_BAD_ANSWER',
  'OPA_BAD_INPUT',
]);

const logger = new Logger('OpaFilter');

/** The options of {@link allowedIndexes}. */
interface AllowedIndexesOptions {
  /** How many decisions run at the same time. */
  readonly concurrency: number;
  /** The policy path, for the log. */
  readonly policy: string;
  /** Cancels all decisions. */
  readonly signal: CancelSignal | undefined;
}

/**
 * Decides about each item, a few at the same time. An item whose decision fails is left out and logged.
 *
 * @returns the indexes that `isAllowed` is true for
 * @throws the error of `isAllowed`, when the error says nothing about the item, or when every item fails. Decisions that
 * still run are then aborted.
 */
export async function allowedIndexes(
  count: number,
  { concurrency, policy, signal }: AllowedIndexesOptions,
  isAllowed: (index: number, signal: CancelSignal) => Promise<boolean>,
): Promise<ReadonlySet<number>> {
  const allowed = new Set<number>();
  const failures: OpaError[] = [];
  let next = 0;
  let hasFailed = false;
  await withAbortSignal(signal, async (anySignal) => {
    const work = async (): Promise<void> => {
      while (next < count && !hasFailed) {
        const index = next++;
        try {
          if (await isAllowed(index, anySignal)) allowed.add(index);
        } catch (error) {
          if (!(error instanceof OpaError) || !ITEM_FAILURES.has(error.code)) {
            hasFailed = true;
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
  return allowed;
}
