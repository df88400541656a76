import type { JsonRpcNotification } from '../protocol/json-rpc.js';
import type { McpCall } from '../protocol/call.js';
import type { McpRefusal, McpResult } from '../policy/enforcer.js';
import { taskReferenceOf } from '../protocol/methods/index.js';
import { INTERNAL_ERROR, INVALID_PARAMS, isObject } from '../protocol/parse.js';
import { hasOnlyMetadata, splitTask } from '../protocol/split-members.js';
import { BegunTasks } from './begun-tasks.js';
import type { TaskRecords } from './records.js';

type Fields = Readonly<Record<string, unknown>>;

/** Decides a result as the result of a call. */
export type DecideAs = (call: McpCall, result: unknown) => Promise<McpResult>;

/**
 * MCP's error for an unknown task. A client gets it for another subject's task, too, and so can't tell whether one
 * exists.
 */
export const UNKNOWN_TASK: McpRefusal = {
  kind: 'invalid',
  code: INVALID_PARAMS,
  message: 'Failed to retrieve task: Task not found',
  status: 200,
};

/**
 * Records the subject and the calls that began each task of a server. So the policy decides a task's result as the
 * result of its call, wherever the result arrives. A task belongs to nobody when its record is missing or evicted.
 */
export class Tasks {
  constructor(private readonly records: TaskRecords = new BegunTasks()) {}

  /**
   * Records the task of a result. Ignores a result that is not the handle of a task.
   *
   * @param isDecided - whether a policy decides the call's result
   */
  async learn(call: McpCall, subject: string, result: unknown, isDecided: boolean): Promise<void> {
    const id = taskIdOf(result);
    if (id !== undefined) await this.records.note(subject, id, isDecided ? call : undefined);
  }

  /** Whether the subject has begun the tasks of all these ids. */
  async areOwn(subject: string, ids: readonly unknown[]): Promise<boolean> {
    for (const id of ids) {
      if (typeof id !== 'string' || (await this.records.find(subject, id)) === undefined) return false;
    }
    return true;
  }

  /** Whether one of these ids names a task that other subjects have begun, and this subject has not. */
  async areOthers(subject: string, ids: readonly unknown[]): Promise<boolean> {
    for (const id of ids) {
      if (typeof id === 'string' && (await this.records.isOthers(subject, id))) return true;
    }
    return false;
  }

  /**
   * Removes other subjects' tasks from the result of `tasks/list`. Of a denied task only the metadata remains
   * ({@link splitTask}). Refuses a result without a list of tasks.
   */
  async filter(call: McpCall, subject: string, result: unknown, decideAs: DecideAs): Promise<McpResult> {
    const tasks: unknown = isObject(result) ? result['tasks'] : undefined;
    if (!isObject(result) || !Array.isArray(tasks)) return { refusal: NO_LIST };
    const visible: unknown[] = [];
    for (const task of tasks as unknown[]) {
      if (!isObject(task) || !(await this.areOwn(subject, [task['taskId']]))) continue;
      const calls = await this.callsOf(task['taskId'], subject, call.caller);
      const decided = await decideTask(calls, task, decideAs);
      visible.push('refusal' in decided ? splitTask(task).metadata : decided.result);
    }
    const isSame = visible.length === tasks.length && visible.every((task, index) => task === tasks[index]);
    return { result: isSame ? result : { ...result, tasks: visible } };
  }

  /** Decides the result of a request about one task: the description of the task, and the task's own result. */
  async decide(call: McpCall, subject: string, result: unknown, decideAs: DecideAs): Promise<McpResult> {
    const { method, params } = call.request;
    const calls = await this.callsOf(params?.['taskId'], subject, call.caller);
    if (taskReferenceOf(method) === 'result') return decideAll(calls, result, decideAs);
    if (!isObject(result)) return { result };
    if ('taskId' in result && result['taskId'] !== params?.['taskId']) return { refusal: OTHER_TASK };
    return decideTask(calls, result, decideAs);
  }

  /** Decides the description of a task in a notification. Removes the members that a policy denies. */
  async decideNotification(
    notification: JsonRpcNotification,
    caller: McpCall['caller'],
    subject: string,
    decideAs: DecideAs,
  ): Promise<JsonRpcNotification> {
    const { params = {} } = notification;
    const task = Object.fromEntries(Object.entries(params).filter(([key]) => key !== 'result'));
    const calls = await this.callsOf(params['taskId'], subject, caller);
    let decided = await decideTask(calls, params, decideAs);
    if ('refusal' in decided) decided = await decideTask(calls, task, decideAs);
    const remaining = 'refusal' in decided ? splitTask(task).metadata : (decided.result as Fields);
    return remaining === params ? notification : { ...notification, params: remaining };
  }

  /** The calls that began a task, each with the current claims of its caller. */
  private async callsOf(
    id: unknown,
    subject: string,
    { claims }: McpCall['caller'],
  ): Promise<readonly McpCall[] | undefined> {
    const begun = typeof id === 'string' ? await this.records.find(subject, id) : undefined;
    return begun?.calls?.map((call) => ({ ...call, caller: { ...call.caller, claims } }));
  }
}

async function decideAll(
  calls: readonly McpCall[] | undefined,
  result: unknown,
  decideAs: DecideAs,
): Promise<McpResult> {
  if (calls === undefined) return { refusal: UNKNOWN_CALL };
  let remaining = result;
  for (const call of calls) {
    const decided = await decideAs(call, remaining);
    if ('refusal' in decided) return decided;
    remaining = decided.result;
  }
  return { result: remaining };
}

/** Decides a task's description, when it has members that a policy must see, and then the task's result. */
async function decideTask(
  calls: readonly McpCall[] | undefined,
  task: Fields,
  decideAs: DecideAs,
): Promise<McpResult> {
  const { result, ...handle } = task;
  const about = hasOnlyMetadata(handle) ? { result: handle } : await decideAll(calls, handle, decideAs);
  if ('refusal' in about) return about;
  if (!('result' in task)) return { result: about.result === handle ? task : about.result };
  const inner = await decideAll(calls, result, decideAs);
  if ('refusal' in inner) return inner;
  const isSame = about.result === handle && inner.result === result;
  return { result: isSame ? task : { ...(about.result as Fields), result: inner.result } };
}

/** The id in a task's handle: in 2025-11-25 the member `task` holds the id, in 2026-07-28 the result itself. */
function taskIdOf(result: unknown): string | undefined {
  if (!isObject(result)) return undefined;
  const { task, taskId, resultType } = result;
  const id = resultType === 'task' ? taskId : isObject(task) ? task['taskId'] : undefined;
  return typeof id === 'string' ? id : undefined;
}

const UNKNOWN_CALL = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The gateway does not know the call that began this task',
  status: 500,
} as const;

const OTHER_TASK = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The MCP server responded about another task',
  status: 500,
} as const;

const NO_LIST = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The MCP server did not list its tasks',
  status: 500,
} as const;
