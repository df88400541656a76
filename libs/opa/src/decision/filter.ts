import { Logger } from '@nestjs/common';
import type { CancelSignal, Decision, OpaErrorCode } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import { allowedIndexes } from './allowed-indexes.js';
import type { OpaQuery } from './opa-query.js';
import { saysDecision } from './read-decision.js';

/** What {@link OpaService.filter} takes beside the items. */
export interface OpaFilterOptions<T> extends Omit<OpaQuery, 'input' | 'phase'> {
  /** What the policy sees as `input` beside `items` or `item`, such as the subject. Default: nothing. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** What the policy sees of an item. Default: the item itself. */
  readonly describe?: (item: T) => unknown;
  /** An item's key, when the policy answers keys instead of indexes. Default: none. */
  readonly key?: (item: T) => string;
  /** How many decisions run at a time, where each item has its own. Default: 16. */
  readonly concurrency?: number;
}

/** How a filter asks. */
export interface FilterPort {
  /** The policy's document; `undefined` when it has none. */
  evaluate(input: object, signal: CancelSignal | undefined): Promise<unknown>;
  decide(input: object, signal: CancelSignal | undefined): Promise<Decision>;
}

const DEFAULT_CONCURRENCY = 16;

const logger = new Logger('OpaFilter');

/**
 * Asks which items may be seen: in one question, or item by item where the policy decides about one, or fails on one.
 *
 * @returns the items that may, in their order
 * @throws OpaError when there is no answer, or one that names no items
 */
export async function filtered<T>(
  items: readonly T[],
  policy: string,
  options: OpaFilterOptions<T>,
  port: FilterPort,
): Promise<T[]> {
  const { input, describe, key, signal, concurrency = DEFAULT_CONCURRENCY } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new OpaError('OPA_BAD_OPTIONS', `filter, option "concurrency": ${concurrency} is not 1 or more.`);
  const described = items.map((item) => (describe === undefined ? item : own('describe', describe, item)));
  const keys = key && items.map((item) => own('key', key, item));

  const named = async (indexes: readonly number[], until: CancelSignal | undefined): Promise<Named> => {
    try {
      const seen = indexes.map((index) => described[index]);
      const answer = await port.evaluate({ ...input, items: seen }, until);
      if (saysDecision(answer)) return 'decides';
      const names = namesIn(answer, policy, keys ? undefined : indexes.length);
      return new Set(indexes.filter((index, place) => names.has(keys ? keys[index] : place)));
    } catch (error) {
      if (hasCode(error, 'OPA_POLICY_ERROR')) return error;
      throw error;
    }
  };
  const decided = async (index: number, until: CancelSignal): Promise<boolean> =>
    isSeen(await port.decide({ ...input, item: described[index] }, until));
  // A policy that answers lists can still say whether it lists this one.
  const alone = async (index: number, until: CancelSignal): Promise<boolean> => {
    const answer = await named([index], until);
    if (answer instanceof Set) return answer.has(index);
    try {
      return await decided(index, until);
    } catch (error) {
      throw answer instanceof OpaError && hasCode(error, 'OPA_BAD_DECISION') ? answer : error;
    }
  };

  const answer = await named([...items.keys()], signal);
  const seen =
    answer instanceof Set
      ? answer
      : await allowedIndexes(
          items.length,
          { concurrency, policy, signal },
          answer === 'decides' ? decided : alone,
        );
  return items.filter((_, index) => seen.has(index));
}

/** The indexes that the policy names, or that it decides about one item, or how it fails on these. */
type Named = Set<number> | 'decides' | OpaError;

function namesIn(answer: unknown, policy: string, indexes: number | undefined): ReadonlySet<unknown> {
  const isName = (one: unknown): boolean =>
    indexes === undefined
      ? typeof one === 'string'
      : Number.isInteger(one) && Number(one) >= 0 && Number(one) < indexes;
  if (answer === undefined) return new Set();
  if (Array.isArray(answer) && answer.every(isName)) return new Set<unknown>(answer);
  throw new OpaError(
    'OPA_BAD_DECISION',
    `The policy "${policy}" did not say which items may be seen: it must answer a list or set of ` +
      `${indexes === undefined ? 'keys' : 'indexes into input.items'}, or decide about input.item.`,
  );
}

// Nobody carries out obligations about one item of a list.
function isSeen({ allowed, degraded, obligations, policy }: Decision): boolean {
  if (!allowed || degraded === 'permissive' || obligations.length === 0) return allowed;
  const types = obligations.map(({ type }) => JSON.stringify(type)).join(', ');
  logger.error(`The policy "${policy}" allows an item with obligations (${types}): it is left out.`);
  return false;
}

function hasCode(error: unknown, code: OpaErrorCode): error is OpaError {
  return error instanceof OpaError && error.code === code;
}

function own<T, R>(name: string, fn: (item: T) => R, item: T): R {
  try {
    return fn(item);
  } catch (error) {
    throw new OpaError('OPA_BAD_INPUT', `filter, option "${name}": the function failed.`, { cause: error });
  }
}
