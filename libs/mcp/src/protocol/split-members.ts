import { isObject } from './parse.js';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isOneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value);
const isSpan: Check = (value) => value === null || typeof value === 'number';
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const isTime: Check = (value) => typeof value === 'string' && TIME.test(value);

/** Members that only say how a client reads a result. With any other value, such a member could carry content. */
const RESULT_METADATA: Readonly<Record<string, Check>> = {
  isError: isOneOf(true, false),
  resultType: isOneOf('complete', 'input_required', 'task'),
};
const LIST_METADATA: Readonly<Record<string, Check>> = {
  resultType: isOneOf('complete'),
  // The cursor is opaque: the client sends it back, and does not read it.
  nextCursor: (value) => typeof value === 'string',
  ttlMs: isSpan,
  cacheScope: isOneOf('public', 'private'),
};
const TASK_METADATA: Readonly<Record<string, Check>> = {
  resultType: isOneOf('complete', 'task'),
  // The client knows the id from its own request, or from the task's handle.
  taskId: (value) => typeof value === 'string',
  status: isOneOf('working', 'input_required', 'completed', 'failed', 'cancelled'),
  createdAt: isTime,
  lastUpdatedAt: isTime,
  ttl: isSpan,
  ttlMs: isSpan,
  pollInterval: isSpan,
  pollIntervalMs: isSpan,
};

/** The members of an object, divided by whether a policy must see them. */
export interface Parts {
  /** Members that the protocol restricts to values without content. A policy need not see them. */
  readonly metadata: Fields;
  /** All other members. A policy must see them. */
  readonly content: Fields;
}

const splitBy =
  (checks: Readonly<Record<string, Check>>) =>
  (fields: Fields): Parts => {
    const entries = Object.entries(fields);
    const isMetadata = ([key, value]: readonly [string, unknown]): boolean =>
      Object.hasOwn(checks, key) && checks[key]?.(value) === true;
    return {
      metadata: Object.fromEntries(entries.filter(isMetadata)),
      content: Object.fromEntries(entries.filter((entry) => !isMetadata(entry))),
    };
  };

/** Divides the members of a result that a response policy decides. */
export const splitResult = splitBy(RESULT_METADATA);

/** Divides the members of a page of a list, without its items. */
export const splitList = splitBy(LIST_METADATA);

/** Divides the members of a task, as a task's handle and `tasks/get` describe it. */
export const splitTask = splitBy(TASK_METADATA);

/** Whether a value is a task of which a policy need not see any member. */
export const hasOnlyMetadata = (task: unknown): boolean =>
  isObject(task) && Object.keys(splitTask(task).content).length === 0;
