import type { JsonRpcAnswer, JsonRpcNotification, JsonRpcRequest } from '../protocol/json-rpc.js';
import { isObject } from '../protocol/parse.js';

/** Where a message's `_meta` names the task that it belongs to. */
const RELATED = 'io.modelcontextprotocol/related-task';
const LIST = 'tasks/list';

type Fields = Readonly<Record<string, unknown>>;

/** Whether a request is about one task, whose id it must give. */
export const isAboutTask = ({ method }: JsonRpcRequest): boolean =>
  method.startsWith('tasks/') && method !== LIST;

/** Whether a request asks which tasks there are. */
export const listsTasks = ({ method }: JsonRpcRequest): boolean => method === LIST;

/** Whether a notification is about one task, whose id it must give. */
export const isTaskNotification = ({ method }: JsonRpcNotification): boolean =>
  method === 'notifications/tasks' || method.startsWith('notifications/tasks/');

/**
 * The ids of all tasks that a message acts on or belongs to. One that should be there and is missing or malformed is
 * among them as it is, and is nobody's task.
 */
export function tasksOf(message: JsonRpcRequest | JsonRpcNotification | JsonRpcAnswer): readonly unknown[] {
  if (!('method' in message)) return 'result' in message ? relatedTasks(message.result) : [];
  const { method, params = {} } = message;
  const isAbout = 'id' in message ? isAboutTask(message) : isTaskNotification(message);
  return [
    ...(isAbout ? [params['taskId']] : []),
    ...(method === 'subscriptions/listen' ? subscribedTasks(params) : []),
    ...relatedTasks(params),
  ];
}

function subscribedTasks({ notifications }: Fields): readonly unknown[] {
  const ids = isObject(notifications) ? notifications['taskIds'] : undefined;
  return ids === undefined ? [] : [ids].flat();
}

/** The id of the task that the `_meta` of parameters, or of a result, names; at most one. */
export function relatedTasks(holder: unknown): readonly unknown[] {
  const meta = isObject(holder) ? holder['_meta'] : undefined;
  if (!isObject(meta) || !(RELATED in meta)) return [];
  const related = meta[RELATED];
  return [isObject(related) ? related['taskId'] : undefined];
}
