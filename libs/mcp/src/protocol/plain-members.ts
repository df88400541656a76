import { isObject } from './parse.js';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value);
const isSpan: Check = (value) => value === null || typeof value === 'number';
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const isTime: Check = (value) => typeof value === 'string' && TIME.test(value);

/** The protocol's own words of how a result is to be taken. With any other value they could say anything. */
const OF_RESULTS: Readonly<Record<string, Check>> = {
  isError: oneOf(true, false),
  resultType: oneOf('complete', 'input_required', 'task'),
};
const OF_LISTS: Readonly<Record<string, Check>> = {
  resultType: oneOf('complete'),
  // Opaque: the client gives it back, and reads nothing in it.
  nextCursor: (value) => typeof value === 'string',
  ttlMs: isSpan,
  cacheScope: oneOf('public', 'private'),
};
const OF_TASKS: Readonly<Record<string, Check>> = {
  resultType: oneOf('complete', 'task'),
  // The id is the one that the client has asked for, or that its handle has.
  taskId: (value) => typeof value === 'string',
  status: oneOf('working', 'input_required', 'completed', 'failed', 'cancelled'),
  createdAt: isTime,
  lastUpdatedAt: isTime,
  ttl: isSpan,
  ttlMs: isSpan,
  pollInterval: isSpan,
  pollIntervalMs: isSpan,
};

/**
 * What of an object a policy need not be shown, since the protocol leaves no room in it for anything else, and what it
 * must be shown.
 */
export interface Parts {
  readonly plain: Fields;
  readonly other: Fields;
}

const parts =
  (checks: Readonly<Record<string, Check>>) =>
  (fields: Fields): Parts => {
    const entries = Object.entries(fields);
    const isPlain = ([key, value]: readonly [string, unknown]): boolean =>
      Object.hasOwn(checks, key) && checks[key]?.(value) === true;
    return {
      plain: Object.fromEntries(entries.filter(isPlain)),
      other: Object.fromEntries(entries.filter((entry) => !isPlain(entry))),
    };
  };

/** Divides a result of tools/call, prompts/get or resources/read. */
export const partsOfResult = parts(OF_RESULTS);

/** Divides what a page of a list has beside its items. */
export const partsOfList = parts(OF_LISTS);

/** Divides a task, as its handle and `tasks/get` have it. */
export const partsOfTask = parts(OF_TASKS);

/** Whether a value is a task of which a policy need not be shown anything. */
export const isPlainTask = (task: unknown): boolean =>
  isObject(task) && Object.keys(partsOfTask(task).other).length === 0;
