import { LRUCache } from 'lru-cache';
import type { JsonRpcNotification, McpCall, McpResult } from 'nestjs-opa/mcp';
import { INTERNAL_ERROR } from 'nestjs-opa/mcp';
import { isObject } from './era.js';

const MAX_BYTES = 64 * 1024 * 1024;
/** What one call takes beside its text. */
const CALL_BYTES = 512;

interface Begun {
  /** `undefined` when there were too many. */
  readonly calls: readonly McpCall[] | undefined;
  readonly bytes: number;
}

const keyOf = (id: string, subject: string): string => JSON.stringify([subject, id]);

/** Decides a result as the one of a call. */
export type DecideAs = (call: McpCall, result: unknown) => Promise<McpResult>;

/** Which call a task was begun by, so that its result is decided as that call's wherever it arrives. */
export class Tasks {
  private readonly known = new LRUCache<string, Begun>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  });

  /** Notes the task that a result is the handle of, if it is one. */
  learn(call: McpCall, subject: string, result: unknown): void {
    if (!isObject(result)) return;
    const { task, taskId } = result;
    const id = isObject(task) ? task['taskId'] : taskId;
    if (typeof id !== 'string') return;
    const key = keyOf(id, subject);
    const { calls, bytes } = this.known.get(key) ?? { calls: [], bytes: key.length };
    if (calls === undefined || calls.some(({ request }) => request === call.request)) return;
    const size = bytes + JSON.stringify(call.request).length + CALL_BYTES;
    // A server that gives one id to every task is not followed for ever.
    if (size > MAX_BYTES / 8) this.known.set(key, { calls: undefined, bytes });
    else this.known.set(key, { calls: [...calls, call], bytes: size });
  }

  /** Decides the answer to a `tasks/…` request; of an unknown task a result is refused. */
  async decide(call: McpCall, subject: string, result: unknown, decideAs: DecideAs): Promise<McpResult> {
    const { method, params } = call.request;
    const id = params?.['taskId'];
    if (method === 'tasks/result') return this.decided(id, subject, call, result, decideAs);
    if (!isObject(result) || !('result' in result)) return { result };
    const inner = await this.decided(id, subject, call, result['result'], decideAs);
    if ('refusal' in inner || inner.result === result['result'])
      return 'refusal' in inner ? inner : { result };
    return { result: { ...result, result: inner.result } };
  }

  /** Decides the result that a notification carries; one that may not pass is taken out of it. */
  async decideNotification(
    notification: JsonRpcNotification,
    caller: McpCall['caller'],
    subject: string,
    decideAs: DecideAs,
  ): Promise<JsonRpcNotification> {
    const { params = {} } = notification;
    const { result, ...others } = params;
    const calls = this.of(params['taskId'], subject);
    let left = result;
    for (const call of calls ?? []) {
      const decided = await decideAs({ ...call, caller: { ...call.caller, claims: caller.claims } }, left);
      if ('refusal' in decided) return { ...notification, params: others };
      left = decided.result;
    }
    if (calls === undefined) return { ...notification, params: others };
    return left === result ? notification : { ...notification, params: { ...params, result: left } };
  }

  private async decided(
    id: unknown,
    subject: string,
    { caller }: McpCall,
    result: unknown,
    decideAs: DecideAs,
  ): Promise<McpResult> {
    const calls = this.of(id, subject);
    if (calls === undefined) return { refusal: UNKNOWN };
    let left = result;
    for (const call of calls) {
      // By what the caller may do now.
      const decided = await decideAs({ ...call, caller: { ...call.caller, claims: caller.claims } }, left);
      if ('refusal' in decided) return decided;
      left = decided.result;
    }
    return { result: left };
  }

  private of(id: unknown, subject: string): readonly McpCall[] | undefined {
    return typeof id === 'string' ? this.known.get(keyOf(id, subject))?.calls : undefined;
  }
}

const UNKNOWN = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The call that this task was begun by is not known',
  status: 500,
} as const;
