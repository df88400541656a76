import type { JsonRpcResponse, JsonRpcNotification, JsonRpcRequest } from '../protocol/json-rpc.js';
import type { McpCall } from '../protocol/call.js';
import type { McpRefusal, McpResult } from '../policy/enforcer.js';
import { isTaskNotification } from '../protocol/methods/index.js';
import { INTERNAL_ERROR, parseServerMessage } from '../protocol/parse.js';
import { upstreamHeaders } from './exchange.js';
import type { Exchange } from './exchange.js';
import { serializeChanged } from '../protocol/serialize-changed.js';
import { reportDenial, reportHidden } from './report.js';
import { isAboutTask, listsTasks, relatedTasks, tasksOf } from '../session/task-references.js';

/** What the gateway does with a message from the upstream. */
export type Inspected =
  /** The client receives `text`. `isResponse` says whether the message is the response to the exchange's call. */
  | { readonly kind: 'pass'; readonly text: string; readonly isResponse: boolean }
  /** The client receives the refusal instead of the message. */
  | { readonly kind: 'refuse'; readonly refusal: McpRefusal; readonly id: JsonRpcResponse['id'] }
  /** The message belongs to another subject's task. The client must not learn that the message exists. */
  | { readonly kind: 'drop' }
  /** A server must not send this message. The gateway keeps the message back and logs the reason `why`. */
  | { readonly kind: 'wrong'; readonly why: string };

/** Reads the upstream's messages of an exchange. Asks the policies about results before the client receives them. */
export class Inspector {
  /** @param call - the request of the exchange; without it, every response belongs to an earlier call */
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
      case 'response':
        return this.response(text, message.response);
    }
  }

  private async request(text: string, request: JsonRpcRequest): Promise<Inspected> {
    const { server, subject } = this.exchange;
    if (!(await server.tasks.areOwn(subject, relatedTasks(request.params)))) return { kind: 'drop' };
    await server.ledger.requests.note(subject, request.id);
    return { kind: 'pass', text, isResponse: false };
  }

  private async notification(text: string, notification: JsonRpcNotification): Promise<Inspected> {
    const { server, caller, subject } = this.exchange;
    const { tasks } = server;
    if (!(await tasks.areOwn(subject, tasksOf(notification)))) return { kind: 'drop' };
    if (!isTaskNotification(notification.method)) return { kind: 'pass', text, isResponse: false };
    const remaining = await tasks.decideNotification(notification, caller, subject, this.decideAs);
    const isSame = remaining === notification;
    return {
      kind: 'pass',
      text: isSame ? text : serializeChanged(text, notification, remaining),
      isResponse: false,
    };
  }

  private async response(text: string, response: JsonRpcResponse): Promise<Inspected> {
    const { call } = this;
    const isOwnCall = call?.request.id === response.id;
    if ('error' in response) {
      if (isOwnCall) await this.exchange.session.settle(call);
      return { kind: 'pass', text, isResponse: isOwnCall || response.id === null };
    }
    const calls = await (isOwnCall ? this.withRivals(call) : this.earlier(response));
    if (calls === undefined) return { kind: 'refuse', id: response.id, refusal: UNKNOWN };
    let { result } = response;
    for (const decidedCall of calls) {
      const decided = await this.decide(decidedCall, result);
      if ('refusal' in decided) {
        reportDenial(this.exchange, decidedCall, decided.refusal);
        return { kind: 'refuse', id: response.id, refusal: decided.refusal };
      }
      if (decided.hidden !== undefined) reportHidden(this.exchange, decidedCall, decided.hidden);
      result = decided.result;
    }
    if (isOwnCall) await this.exchange.session.settle(call);
    const { jsonrpc, id } = response;
    // No policy has decided the members beside the result, so a decided response keeps only `jsonrpc`, `id` and
    // `result`.
    const changed = result !== response.result || (calls.some(this.isDecided) && hasMore(response));
    const changedText = changed ? serializeChanged(text, response, { jsonrpc, id, result }) : text;
    return { kind: 'pass', text: changedText, isResponse: isOwnCall };
  }

  // In a session a server may confuse two open calls with the same id. The result must pass the policies of both calls.
  private async withRivals(call: McpCall): Promise<readonly McpCall[] | undefined> {
    const { server, session } = this.exchange;
    if (!session.isOpen) return [call];
    const rivals = await server.ledger.rivalsOf(session.scope, call);
    return rivals === undefined ? undefined : [call, ...rivals];
  }

  private async earlier({ id }: JsonRpcResponse): Promise<readonly McpCall[] | undefined> {
    const { server, session, caller } = this.exchange;
    const calls = id === null ? undefined : await server.ledger.callsOf(session.scope, id);
    // The policies see the caller's current claims, not the claims at the time of the call.
    return calls?.map((call) => ({ ...call, caller: { ...call.caller, claims: caller.claims } }));
  }

  private async decide(call: McpCall, result: unknown): Promise<McpResult> {
    const { server, subject, enforcer } = this.exchange;
    server.params.learn(call.request.method, result);
    server.declaredNames.learn(call.request.method, result);
    if (listsTasks(call.request)) return server.tasks.filter(call, subject, result, this.decideAs);
    if (isAboutTask(call.request)) return server.tasks.decide(call, subject, result, this.decideAs);
    // The task is stored before the decision, because messages of the task may arrive while the policy decides.
    await server.tasks.learn(call, subject, result, enforcer.seesResult(call));
    return this.decideAs(call, result);
  }

  private readonly isDecided = (call: McpCall): boolean =>
    this.exchange.enforcer.seesResult(call) || isAboutTask(call.request) || listsTasks(call.request);

  private readonly decideAs = async (call: McpCall, result: unknown): Promise<McpResult> => {
    const { enforcer, server, response, origin } = this.exchange;
    if (!server.sentWith.has(call)) {
      const { subjectToken, session } = this.exchange;
      const headers = upstreamHeaders(this.exchange, await session.permit());
      server.sentWith.set(call, { headers, subjectToken });
    }
    if (server.declaredNames.misspelledIn(call.request, result)) return { refusal: MISSPELLED };
    if (!enforcer.seesResult(call)) return { result };
    const decided = await enforcer.after(call, result, origin);
    if ('result' in decided) response.addHeaders(decided.headers);
    return decided;
  };
}

const hasMore = (response: JsonRpcResponse): boolean =>
  Object.keys(response).some((key) => !['jsonrpc', 'id', 'result'].includes(key));

const MISSPELLED: McpRefusal = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The MCP server spells a member of its structured content otherwise than it declares',
  status: 500,
};

const UNKNOWN: McpRefusal = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The gateway does not know the call of this response',
  status: 500,
};
