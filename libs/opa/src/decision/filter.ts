import { Logger } from '@nestjs/common';
import type { CancelSignal, Decision, OpaErrorCode } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import { allowedIndexes } from './allowed-indexes.js';
import type { OpaQuery } from './opa-query.js';
import { saysDecision } from './read-decision.js';

/**
 * The options of `OpaService.filter`.
 *
 * @example
 * ```ts
 * import type { OpaFilterOptions } from 'nestjs-opa';
 *
 * interface Doc {
 *   readonly id: string;
 *   readonly owner: string;
 *   readonly text: string;
 * }
 *
 * const options: OpaFilterOptions<Doc> = {
 *   policy: 'docs/visible',
 *   input: { subject: { id: 'ann' } },
 *   describe: ({ id, owner }) => ({ id, owner }),
 * };
 * ```
 */
export interface OpaFilterOptions<T> extends Omit<OpaQuery, 'input' | 'phase'> {
  /** What the policy sees as `input` beside `items` or `item`, such as the subject. Default: nothing. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** Gives the part of an item that the policy sees. Default: the whole item. */
  readonly describe?: (item: T) => unknown;
  /** Gives the key of an item, when the policy's document lists keys. Default: the document lists indexes. */
  readonly key?: (item: T) => string;
  /** How many decisions run at the same time, when the policy decides about each item. Default: 16. */
  readonly concurrency?: number;
}

/** The evaluation and the decision that {@link filtered} uses. */
export interface FilterPort {
  /** Gives the policy's document; `undefined` when the policy is undefined. */
  evaluate(input: object, signal: CancelSignal | undefined): Promise<unknown>;
  /** Makes a decision. */
  decide(input: object, signal: CancelSignal | undefined): Promise<Decision>;
}

const DEFAULT_CONCURRENCY = 16;

const logger = new Logger('OpaFilter');

/**
 * Gives the visible items. One query covers all items, unless the policy decides about single items or fails: then each
 * item has a query.
 *
 * @returns the visible items, in their order
 * @throws OpaError when there is no answer, or when the policy's document names no items
 */
export async function filtered<T>(
  items: readonly T[],
  policy: string,
  options: OpaFilterOptions<T>,
  port: FilterPort,
): Promise<T[]> {
  const { input, describe, key, signal, concurrency = DEFAULT_CONCURRENCY } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      `filter, option "concurrency" is ${concurrency}. Give a whole number of at least 1.`,
    );
  const described = items.map((item) =>
    describe === undefined ? item : callUser('describe', describe, item),
  );
  const keys = key && items.map((item) => callUser('key', key, item));

  const decideList = async (
    indexes: readonly number[],
    anySignal: CancelSignal | undefined,
  ): Promise<Named> => {
    try {
      const subset = indexes.map((index) => described[index]);
      const document = await port.evaluate({ ...input, items: subset }, anySignal);
      if (saysDecision(document)) return 'decides';
      const names = namesIn(document, policy, keys ? undefined : indexes.length);
      return new Set(indexes.filter((index, place) => names.has(keys ? keys[index] : place)));
    } catch (error) {
      if (hasCode(error, 'OPA_POLICY_ERROR')) return error;
      throw error;
    }
  };
  const decideItem = async (index: number, anySignal: CancelSignal): Promise<boolean> =>
    isVisible(await port.decide({ ...input, item: described[index] }, anySignal));
  // A policy whose document is a list can also decide about a list of one item.
  const decideListOfOne = async (index: number, anySignal: CancelSignal): Promise<boolean> => {
    const answer = await decideList([index], anySignal);
    if (answer instanceof Set) return answer.has(index);
    try {
      return await decideItem(index, anySignal);
    } catch (error) {
      throw answer instanceof OpaError && hasCode(error, 'OPA_BAD_DECISION') ? answer : error;
    }
  };

  const answer = await decideList([...items.keys()], signal);
  const visible =
    answer instanceof Set
      ? answer
      : await allowedIndexes(
          items.length,
          { concurrency, policy, signal },
          answer === 'decides' ? decideItem : decideListOfOne,
        );
  return items.filter((_, index) => visible.has(index));
}

/** The visible indexes; `decides` when the policy decides about one item; or the policy's failure. */
type Named = Set<number> | 'decides' | OpaError;

function namesIn(document: unknown, policy: string, indexes: number | undefined): ReadonlySet<unknown> {
  const isName = (name: unknown): boolean =>
    indexes === undefined
      ? typeof name === 'string'
      : Number.isInteger(name) && Number(name) >= 0 && Number(name) < indexes;
  if (document === undefined) return new Set();
  if (Array.isArray(document) && document.every(isName)) return new Set<unknown>(document);
  throw new OpaError(
    'OPA_BAD_DECISION',
    `The policy "${policy}" does not say which items are visible. Its document must be a list or set of ` +
      `${indexes === undefined ? 'keys' : 'indexes into input.items'}, or a decision about input.item.`,
  );
}

// No handler carries out the obligations of a single item.
function isVisible({ allowed, degraded, obligations, policy }: Decision): boolean {
  if (!allowed || degraded === 'permissive' || obligations.length === 0) return allowed;
  const types = obligations.map(({ type }) => JSON.stringify(type)).join(', ');
  logger.error(
    `The policy "${policy}" allows an item with obligations (${types}). filter carries out none, so the item is left out.`,
  );
  return false;
}

function hasCode(error: unknown, code: OpaErrorCode): error is OpaError {
  return error instanceof OpaError && error.code === code;
}

function callUser<T, R>(name: string, fn: (item: T) => R, item: T): R {
  try {
    return fn(item);
  } catch (error) {
    throw new OpaError('OPA_BAD_INPUT', `The function of filter's option "${name}" threw an error.`, {
      cause: error,
    });
  }
}
