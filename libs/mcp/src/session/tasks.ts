import { LRUCache } from 'lru-cache';
import type { JsonRpcNotification } from '../protocol/json-rpc.js';
import type { McpCall } from '../protocol/call.js';
import type { McpRefusal, McpResult } from '../policy/enforcer.js';
import { taskReferenceOf } from '../protocol/methods/index.js';
import { INTERNAL_ERROR, INVALID_PARAMS, isObject } from '../protocol/parse.js';
import { isPlainTask, partsOfTask } from '../protocol/plain-members.js';
import { boundedKey } from '../protocol/bounded-key.js';
import { Receivers } from './receivers.js';

const MAX_BYTES = 64 * 1024 * 1024;
/** What one task or call takes beside its text. */
const ENTRY_BYTES = 512;

interface Begun {
  /** The calls whose results are decided; `undefined` when there were too many. */
  readonly calls: readonly McpCall[] | undefined;
  readonly bytes: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Decides a result as the one of a call. */
export type DecideAs = (call: McpCall, result: unknown) => Promise<McpResult>;

/** What a client is told of a task that isn't its own, whether there is one or not: MCP's error of an unknown task. */
export const UNKNOWN_TASK: McpRefusal = {
  kind: 'invalid',
  code: INVALID_PARAMS,
  message: 'Failed to retrieve task: Task not found',
  status: 200,
};

/**
 * Whose the tasks of a server are, and by which calls they were begun, so that a task's result is decided as its call's
 * wherever it arrives. A task whose beginning this gateway has not seen, or had to forget, is nobody's.
 */
export class Tasks {
  private readonly begun = new LRUCache<string, Begun>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  });
  private readonly owners = new Receivers();

  /**
   * Notes the task that a result is the handle of, if it is one.
   *
   * @param isDecided - whether the call's result is decided
   */
  learn(call: McpCall, subject: string, result: unknown, isDecided: boolean): void {
    const id = taskIdOf(result);
    if (id === undefined) return;
    this.owners.note(subject, id);
    const key = boundedKey(subject, id);
    const { calls, bytes } = this.begun.get(key) ?? { calls: [], bytes: ENTRY_BYTES };
    if (calls === undefined) return;
    if (!isDecided || calls.some(({ request }) => request === call.request)) {
      this.begun.set(key, { calls, bytes });
      return;
    }
    const size = bytes + JSON.stringify(call.request).length + ENTRY_BYTES;
    // A server that gives one id to every task is not followed for ever.
    if (size > MAX_BYTES / 8) this.begun.set(key, { calls: undefined, bytes });
    else this.begun.set(key, { calls: [...calls, call], bytes: size });
  }

  /** Whether all of these are ids of tasks that the subject has begun. */
  areOwn(subject: string, ids: readonly unknown[]): boolean {
    // Read, not looked for: what is in use is forgotten last.
    return ids.every((id) => typeof id === 'string' && this.begun.get(boundedKey(subject, id)) !== undefined);
  }

  /** Whether one of these is the id of a task that others have begun, and the subject has not. */
  areOthers(subject: string, ids: readonly unknown[]): boolean {
    return ids.some((id) => typeof id === 'string' && this.owners.isOthers(subject, id));
  }

  /**
   * Leaves the subject's own tasks in the result of `tasks/list`, and of a task that may not be shown whole what the
   * protocol says of it; what is no such result is refused.
   */
  async filter(call: McpCall, subject: string, result: unknown, decideAs: DecideAs): Promise<McpResult> {
    const tasks: unknown = isObject(result) ? result['tasks'] : undefined;
    if (!isObject(result) || !Array.isArray(tasks)) return { refusal: NO_LIST };
    const own = (tasks as unknown[]).filter(
      (task) => isObject(task) && this.areOwn(subject, [task['taskId']]),
    );
    const shown: unknown[] = [];
    for (const task of own as Fields[]) {
      const calls = this.callsOf(task['taskId'], subject, call.caller);
      const decided = await decideTask(calls, task, decideAs);
      shown.push('refusal' in decided ? partsOfTask(task).plain : decided.result);
    }
    const isSame = shown.length === tasks.length && shown.every((task, index) => task === tasks[index]);
    return { result: isSame ? result : { ...result, tasks: shown } };
  }

  /** Decides the answer to a request about one task: what it says of the task, and the task's result. */
  async decide(call: McpCall, subject: string, result: unknown, decideAs: DecideAs): Promise<McpResult> {
    const { method, params } = call.request;
    const calls = this.callsOf(params?.['taskId'], subject, call.caller);
    if (taskReferenceOf(method) === 'result') return decideAll(calls, result, decideAs);
    if (!isObject(result)) return { result };
    if ('taskId' in result && result['taskId'] !== params?.['taskId']) return { refusal: OTHER_TASK };
    return decideTask(calls, result, decideAs);
  }

  /** Decides what a notification says of a task; what may not pass is taken out of it. */
  async decideNotification(
    notification: JsonRpcNotification,
    caller: McpCall['caller'],
    subject: string,
    decideAs: DecideAs,
  ): Promise<JsonRpcNotification> {
    const { params = {} } = notification;
    const task = Object.fromEntries(Object.entries(params).filter(([key]) => key !== 'result'));
    const calls = this.callsOf(params['taskId'], subject, caller);
    let decided = await decideTask(calls, params, decideAs);
    if ('refusal' in decided) decided = await decideTask(calls, task, decideAs);
    const remaining = 'refusal' in decided ? partsOfTask(task).plain : (decided.result as Fields);
    return remaining === params ? notification : { ...notification, params: remaining };
  }

  /** The calls that began a task, each as if its caller, with the claims of now, had made it. */
  private callsOf(
    id: unknown,
    subject: string,
    { claims }: McpCall['caller'],
  ): readonly McpCall[] | undefined {
    const begun = typeof id === 'string' ? this.begun.get(boundedKey(subject, id)) : undefined;
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

/** Decides a task as its calls' handle, where that says more than the protocol has it say, and its result. */
async function decideTask(
  calls: readonly McpCall[] | undefined,
  task: Fields,
  decideAs: DecideAs,
): Promise<McpResult> {
  const { result, ...handle } = task;
  const about = isPlainTask(handle) ? { result: handle } : await decideAll(calls, handle, decideAs);
  if ('refusal' in about) return about;
  if (!('result' in task)) return { result: about.result === handle ? task : about.result };
  const inner = await decideAll(calls, result, decideAs);
  if ('refusal' in inner) return inner;
  const isSame = about.result === handle && inner.result === result;
  return { result: isSame ? task : { ...(about.result as Fields), result: inner.result } };
}

/** The id in a task's handle: `task` holds it in 2025-11-25, the result itself in 2026-07-28. */
function taskIdOf(result: unknown): string | undefined {
  if (!isObject(result)) return undefined;
  const { task, taskId, resultType } = result;
  const id = resultType === 'task' ? taskId : isObject(task) ? task['taskId'] : undefined;
  return typeof id === 'string' ? id : undefined;
}

const UNKNOWN_CALL = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The call that this task was begun by is not known',
  status: 500,
} as const;

const OTHER_TASK = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The MCP server answered about another task',
  status: 500,
} as const;

const NO_LIST = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The MCP server did not list its tasks',
  status: 500,
} as const;
