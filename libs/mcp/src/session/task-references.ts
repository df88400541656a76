import { isTaskNotification, taskReferenceOf } from '../protocol/methods/index.js';
import type { JsonRpcResponse, JsonRpcNotification, JsonRpcRequest } from '../protocol/json-rpc.js';
import { isObject } from '../protocol/parse.js';

/** The member of `_meta` that names the task of a message. */
const RELATED = 'io.modelcontextprotocol/related-task';

type Fields = Readonly<Record<string, unknown>>;

/** Whether a request names one task in `params.taskId`. */
export function isAboutTask({ method }: JsonRpcRequest): boolean {
  const reference = taskReferenceOf(method);
  return reference === 'one' || reference === 'result';
}

/** Whether a request asks for a list of tasks. */
export const listsTasks = ({ method }: JsonRpcRequest): boolean => taskReferenceOf(method) === 'list';

/**
 * The ids of all tasks that a message acts on or belongs to. A missing or malformed id is in the list as it is, so that
 * no subject owns all of the list's tasks.
 */
export function tasksOf(message: JsonRpcRequest | JsonRpcNotification | JsonRpcResponse): readonly unknown[] {
  if (!('method' in message)) return 'result' in message ? relatedTasks(message.result) : [];
  const { method, params = {} } = message;
  const isAbout = 'id' in message ? isAboutTask(message) : isTaskNotification(method);
  return [
    ...(isAbout ? [params['taskId']] : []),
    ...(taskReferenceOf(method) === 'subscription' ? subscribedTasks(params) : []),
    ...relatedTasks(params),
  ];
}

function subscribedTasks({ notifications }: Fields): readonly unknown[] {
  const ids = isObject(notifications) ? notifications['taskIds'] : undefined;
  return ids === undefined ? [] : [ids].flat();
}

/**
 * The id of the task that `_meta` names, as a list of at most one id.
 *
 * @param holder - the object with `_meta`: the parameters or the result of a message
 */
export function relatedTasks(holder: unknown): readonly unknown[] {
  const meta = isObject(holder) ? holder['_meta'] : undefined;
  if (!isObject(meta) || !(RELATED in meta)) return [];
  const related = meta[RELATED];
  return [isObject(related) ? related['taskId'] : undefined];
}
