import { LRUCache } from 'lru-cache';
import type { JsonRpcNotification, McpCall, McpRefusal, McpResult } from 'nestjs-opa/mcp';
import { INTERNAL_ERROR, INVALID_PARAMS } from 'nestjs-opa/mcp';
import { boundedKey } from './bounded-key.js';
import { isObject } from './era.js';
import { Receivers } from './receivers.js';

const MAX_BYTES = 64 * 1024 * 1024;
/** What one task or call takes beside its text. */
const ENTRY_BYTES = 512;

interface Begun {
  /** The calls whose results are decided; `undefined` when there were too many. */
  readonly calls: readonly McpCall[] | undefined;
  readonly bytes: number;
}

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

  /** Leaves the subject's own tasks in the result of `tasks/list`; what is no such result is refused. */
  filter(subject: string, result: unknown): McpResult {
    const tasks: unknown = isObject(result) ? result['tasks'] : undefined;
    if (!isObject(result) || !Array.isArray(tasks)) return { refusal: NO_LIST };
    const own = tasks.filter((task) => isObject(task) && this.areOwn(subject, [task['taskId']]));
    return { result: own.length === tasks.length ? result : { ...result, tasks: own } };
  }

  /** Decides the answer to a request about one task. */
  async decide(call: McpCall, subject: string, result: unknown, decideAs: DecideAs): Promise<McpResult> {
    const { method, params } = call.request;
    const calls = this.callsOf(params?.['taskId'], subject, call.caller);
    if (method === 'tasks/result') return decideAll(calls, result, decideAs);
    if (!isObject(result) || !('result' in result)) return { result };
    const inner = await decideAll(calls, result['result'], decideAs);
    if ('refusal' in inner) return inner;
    return { result: inner.result === result['result'] ? result : { ...result, result: inner.result } };
  }

  /** Decides the result that a notification carries; one that may not pass is taken out of it. */
  async decideNotification(
    notification: JsonRpcNotification,
    caller: McpCall['caller'],
    subject: string,
    decideAs: DecideAs,
  ): Promise<JsonRpcNotification> {
    const { params = {} } = notification;
    if (!('result' in params)) return notification;
    const { result, ...others } = params;
    const decided = await decideAll(this.callsOf(params['taskId'], subject, caller), result, decideAs);
    if ('refusal' in decided) return { ...notification, params: others };
    if (decided.result === result) return notification;
    return { ...notification, params: { ...params, result: decided.result } };
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

const NO_LIST = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The MCP server did not list its tasks',
  status: 500,
} as const;
