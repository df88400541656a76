import type { JsonRpcAnswer, JsonRpcNotification, JsonRpcRequest } from '../protocol/json-rpc.js';
import type { McpCall } from '../protocol/call.js';
import type { McpRefusal, McpResult } from '../policy/enforcer.js';
import { isTaskNotification } from '../protocol/methods/index.js';
import { INTERNAL_ERROR, parseServerMessage } from '../protocol/parse.js';
import { upstreamHeaders } from './exchange.js';
import type { Exchange } from './exchange.js';
import { serializeChanged } from '../protocol/serialize-changed.js';
import { reportDenial, reportHidden } from './report.js';
import { isAboutTask, listsTasks, relatedTasks, tasksOf } from '../session/task-references.js';

/** What becomes of a message from the upstream. */
export type Inspected =
  /** It passes, as it came or changed; `answers` when it is the answer to the call concerned. */
  | { readonly kind: 'pass'; readonly text: string; readonly answers: boolean }
  /** A refusal takes its place. */
  | { readonly kind: 'refuse'; readonly refusal: McpRefusal; readonly id: JsonRpcAnswer['id'] }
  /** It belongs to a task of somebody else: the client must not learn that there is such a message. */
  | { readonly kind: 'drop' }
  /** It isn't one that a server may send: it doesn't pass. */
  | { readonly kind: 'wrong'; readonly why: string };

/** Reads what an upstream sends in an exchange, and has results decided before the client gets them. */
export class Inspector {
  /** @param call - the request that the exchange is about; without one every answer is to some earlier call */
  constructor(
    private readonly exchange: Exchange,
    private readonly call?: McpCall,
  ) {}

  async inspect(text: string): Promise<Inspected> {
    const message = parseServerMessage(text);
    switch (message.kind) {
      case 'refused':
        return { kind: 'wrong', why: message.message };
      case 'request':
        return this.request(text, message.request);
      case 'notification':
        return this.notification(text, message.notification);
      case 'answer':
        return this.answer(text, message.answer);
    }
  }

  private request(text: string, request: JsonRpcRequest): Inspected {
    const { server, subject } = this.exchange;
    if (!server.tasks.areOwn(subject, relatedTasks(request.params))) return { kind: 'drop' };
    server.ledger.requests.note(subject, request.id);
    return { kind: 'pass', text, answers: false };
  }

  private async notification(text: string, notification: JsonRpcNotification): Promise<Inspected> {
    const { server, caller, subject } = this.exchange;
    const { tasks } = server;
    if (!tasks.areOwn(subject, tasksOf(notification))) return { kind: 'drop' };
    if (!isTaskNotification(notification.method)) return { kind: 'pass', text, answers: false };
    const remaining = await tasks.decideNotification(notification, caller, subject, this.decideAs);
    const isSame = remaining === notification;
    return {
      kind: 'pass',
      text: isSame ? text : serializeChanged(text, notification, remaining),
      answers: false,
    };
  }

  private async answer(text: string, answer: JsonRpcAnswer): Promise<Inspected> {
    const { call } = this;
    const isOwn = call?.request.id === answer.id;
    if ('error' in answer) {
      if (isOwn) this.exchange.server.ledger.settle(call);
      return { kind: 'pass', text, answers: isOwn || answer.id === null };
    }
    const calls = isOwn ? [call, ...this.rivals(call)] : this.earlier(answer);
    if (calls === undefined) return { kind: 'refuse', id: answer.id, refusal: UNKNOWN };
    let { result } = answer;
    for (const one of calls) {
      const decided = await this.decide(one, result);
      if ('refusal' in decided) {
        reportDenial(this.exchange, one, decided.refusal);
        return { kind: 'refuse', id: answer.id, refusal: decided.refusal };
      }
      if (decided.hidden !== undefined) reportHidden(this.exchange, one, decided.hidden);
      result = decided.result;
    }
    if (isOwn) this.exchange.server.ledger.settle(call);
    const { jsonrpc, id } = answer;
    // What stands beside a decided result was decided by nobody.
    const changed = result !== answer.result || (calls.some(this.isDecided) && hasMore(answer));
    const left = changed ? serializeChanged(text, answer, { jsonrpc, id, result }) : text;
    return { kind: 'pass', text: left, answers: isOwn };
  }

  // A server with sessions may take an answer to one call for that to another under the same id.
  private rivals(call: McpCall): readonly McpCall[] {
    const { server, session } = this.exchange;
    return session.isOpen ? server.ledger.rivalsOf(session.scope, call) : [];
  }

  private earlier({ id }: JsonRpcAnswer): readonly McpCall[] | undefined {
    const { server, session, caller } = this.exchange;
    const calls = id === null ? undefined : server.ledger.callsOf(session.scope, id);
    // By what the caller may do now.
    return calls?.map((call) => ({ ...call, caller: { ...call.caller, claims: caller.claims } }));
  }

  private async decide(call: McpCall, result: unknown): Promise<McpResult> {
    const { server, subject, enforcer } = this.exchange;
    server.params.learn(call.request.method, result);
    server.declaredNames.learn(call.request.method, result);
    if (listsTasks(call.request)) return server.tasks.filter(call, subject, result, this.decideAs);
    if (isAboutTask(call.request)) return server.tasks.decide(call, subject, result, this.decideAs);
    // At once, for messages of the task may follow before the decision.
    server.tasks.learn(call, subject, result, enforcer.seesResult(call));
    return this.decideAs(call, result);
  }

  private readonly isDecided = (call: McpCall): boolean =>
    this.exchange.enforcer.seesResult(call) || isAboutTask(call.request) || listsTasks(call.request);

  private readonly decideAs = async (call: McpCall, result: unknown): Promise<McpResult> => {
    const { enforcer, server, response, origin } = this.exchange;
    if (!server.sentWith.has(call)) server.sentWith.set(call, upstreamHeaders(this.exchange));
    if (server.declaredNames.misspelledIn(call.request, result)) return { refusal: MISSPELLED };
    if (!enforcer.seesResult(call)) return { result };
    const decided = await enforcer.after(call, result, origin);
    if ('result' in decided) response.addHeaders(decided.headers);
    return decided;
  };
}

const hasMore = (answer: JsonRpcAnswer): boolean =>
  Object.keys(answer).some((key) => !['jsonrpc', 'id', 'result'].includes(key));

const MISSPELLED: McpRefusal = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The MCP server spells a member of its structured content otherwise than it declares',
  status: 500,
};

const UNKNOWN: McpRefusal = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The call that this answers is not known',
  status: 500,
};
