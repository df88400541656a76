import { INVALID_REQUEST, parseMessage } from '../protocol/parse.js';
import { isUndecided, methodIn, methodOf, OPENING_METHODS } from '../protocol/methods/index.js';
import type { JsonRpcAnswer, JsonRpcNotification, JsonRpcRequest } from '../protocol/json-rpc.js';
import type { McpCall, McpEra } from '../protocol/call.js';
import type { McpRefusal } from '../policy/enforcer.js';
import { admit } from './admit.js';
import type { BodyAccount } from './body-budget.js';
import { eraOf } from '../protocol/era.js';
import type { Exchange } from './exchange.js';
import { GatewayError } from '../protocol/gateway-error.js';
import { Inspector } from './inspector.js';
import { listTools } from '../upstream/list-tools.js';
import { assertMirrored } from '../protocol/mirrored-headers.js';
import { passAnswer } from './pass-answer.js';
import { refuse, refuseUnanswered } from './refuse.js';
import { relayEvents } from './relay-events.js';
import { reportDenial } from './report.js';
import { readBody } from './request-body.js';
import type { Body } from './request-body.js';
import type { StandingStreams } from '../session/standing-streams.js';
import { tasksOf } from '../session/task-references.js';
import { UNKNOWN_TASK } from '../session/tasks.js';

/**
 * Takes one message of a client: it goes on byte for byte, a request once it is allowed.
 *
 * @throws GatewayError when the gateway itself refuses it, or the upstream gives no answer
 */
export async function post(exchange: Exchange, standing: StandingStreams): Promise<void> {
  const account = exchange.server.settings.bodies.open();
  try {
    await take(exchange, standing, account);
  } finally {
    // Until then the message is in memory: it is part of the input that decides its answer.
    account.close();
  }
}

async function take(exchange: Exchange, standing: StandingStreams, account: BodyAccount): Promise<void> {
  const { request, server } = exchange;
  const { maxRequestBytes: max } = server.entry;
  const body = await readBody(request.raw, { max, account });
  const { caseSensitive } = server.entry;
  const declaredBy = (called: JsonRpcRequest) => server.declaredNames.declaredBy(called);
  const message = parseMessage(body.text, { caseSensitive, declaredBy });
  if (message.kind === 'refused') throw new GatewayError(400, message.code, message.message, message.id);
  if (message.kind === 'request') exchange.id = message.request.id;
  const era = eraOf(message, request.headers);
  if (era === 'legacy') exchange.enter();
  else if (message.kind === 'request') exchange.compared = assertMirrored(message.request, request.headers);
  else if (message.kind === 'notification') {
    exchange.compared = assertMirrored(message.notification, request.headers);
  }
  if (message.kind === 'answer') return tell(exchange, message.answer, era, body);
  if (message.kind === 'notification') return tell(exchange, message.notification, era, body);
  if (!caseSensitive) server.declaredNames.assertSpelled(message.request);
  const call: McpCall = { request: message.request, era, caller: exchange.caller };
  const run = () => ask(exchange, call, body);
  if (methodOf(call.request.method)?.staysOpen !== true) return run();
  await standing.hold(() => exchange.finish(), run);
}

async function ask(exchange: Exchange, call: McpCall, body: Body): Promise<void> {
  const { server, signal } = exchange;
  const refusal = await refusalOf(exchange, call);
  if (refusal !== undefined) return refuse(exchange, call, refusal);
  const headers = exchange.upstreamHeaders();
  server.sentWith.set(call, headers);
  if (call.era === 'modern' && methodOf(call.request.method)?.paramHeaders === true) {
    const { headers: sent } = exchange.request;
    Object.assign(headers, await server.params.compared(call.request, sent, () => listTools(server, call)));
  }
  exchange.note(call, body.bytes.length);
  const answer = await server.upstream.send({ method: 'POST', headers, body: body.bytes, signal });
  const begins = call.era === 'legacy' && call.request.method === OPENING_METHODS.legacy;
  const opened = begins && answer.status === 200;
  const session = opened ? exchange.open(answer.headers['mcp-session-id']) : {};
  if (opened) exchange.note(call, body.bytes.length);
  const inspector = new Inspector(exchange, call);
  const given = { ...exchange.clientHeaders(answer.headers), ...session };
  if (answer.streams) return relayEvents(exchange, answer, inspector, given, call);
  return passAnswer(exchange, answer, inspector, given, call);
}

/** Decides a request; what it does to a task, it may do to one of the subject's own alone. */
async function refusalOf(exchange: Exchange, call: McpCall): Promise<McpRefusal | undefined> {
  const { server, enforcer, subject, signal } = exchange;
  const { request, era } = call;
  // COAZ has no decision for it.
  if (isUndecided(methodIn(era, request.method))) {
    const refusal = await admit(exchange, era, request.method);
    if (refusal !== undefined) return refusal;
  }
  const admission = await enforcer.before(call, signal);
  if ('refusal' in admission) {
    reportDenial(exchange, call, admission.refusal);
    return admission.refusal;
  }
  exchange.allow(admission.permit);
  return server.tasks.areOwn(subject, tasksOf(request)) ? undefined : UNKNOWN_TASK;
}

/** Passes on what nobody answers: a notification, or a client's answer to a request of the server. */
async function tell(
  exchange: Exchange,
  message: JsonRpcNotification | JsonRpcAnswer,
  era: McpEra,
  { bytes }: Body,
): Promise<void> {
  const { reply, server, signal } = exchange;
  const refusal = await admit(exchange, era, 'method' in message ? message.method : 'an answer');
  if (refusal !== undefined) return refuseUnanswered(exchange, refusal);
  assertOwn(exchange, message);
  const headers = exchange.upstreamHeaders();
  const answer = await server.upstream.send({ method: 'POST', headers, body: bytes, signal });
  const accepted = answer.status >= 200 && answer.status < 300;
  if (!accepted) {
    return passAnswer(exchange, answer, new Inspector(exchange), exchange.clientHeaders(answer.headers));
  }
  await reply.code(202).send();
  await server.upstream.drop(answer);
}

// A client may have tasks of its own, which this gateway doesn't know: what others have begun is theirs.
function assertOwn(exchange: Exchange, message: JsonRpcNotification | JsonRpcAnswer): void {
  if (exchange.server.tasks.areOthers(exchange.subject, tasksOf(message))) {
    throw new GatewayError(400, UNKNOWN_TASK.code, UNKNOWN_TASK.message);
  }
  if (!('method' in message) && !exchange.mayAnswer(message.id)) {
    throw new GatewayError(400, INVALID_REQUEST, 'The server has not sent this client a request of this id');
  }
}
