import { GatewayError } from '../protocol/gateway-error.js';
import type { JsonRpcAnswer, JsonRpcNotification } from '../protocol/json-rpc.js';
import { INVALID_REQUEST } from '../protocol/parse.js';
import { tasksOf } from '../session/task-references.js';
import { UNKNOWN_TASK } from '../session/tasks.js';
import { admit } from './admit.js';
import { clientHeaders, upstreamHeaders } from './exchange.js';
import type { Exchange } from './exchange.js';
import { Inspector } from './inspector.js';
import { passAnswer } from './pass-answer.js';
import type { ClientMessage } from './read-message.js';

/**
 * Passes on what nobody answers: a notification, or a client's answer to a request of the server.
 *
 * @throws Refused when a policy stops the message; GatewayError 400 when it is about another subject's task or request
 */
export async function deliver(
  exchange: Exchange,
  { message, era, bytes, compared }: ClientMessage<JsonRpcNotification | JsonRpcAnswer>,
): Promise<void> {
  const { response, server } = exchange;
  await admit(exchange, era, 'method' in message ? message.method : 'an answer');
  assertOwn(exchange, message);
  const headers = upstreamHeaders(exchange, compared);
  const answer = await server.upstream.send({
    method: 'POST',
    headers,
    body: bytes,
    signal: response.signal,
  });
  if (answer.status < 200 || answer.status >= 300) {
    await passAnswer(exchange, answer, new Inspector(exchange), clientHeaders(exchange, answer.headers));
    return;
  }
  response.empty(202);
  await server.upstream.drop(answer);
}

// A client may have tasks of its own, which this gateway doesn't know: what others have begun is theirs.
function assertOwn(
  { server, subject, session }: Exchange,
  message: JsonRpcNotification | JsonRpcAnswer,
): void {
  if (server.tasks.areOthers(subject, tasksOf(message))) {
    throw new GatewayError(400, UNKNOWN_TASK.code, UNKNOWN_TASK.message);
  }
  if (!('method' in message) && !session.mayAnswer(message.id)) {
    throw new GatewayError(400, INVALID_REQUEST, 'The server has not sent this client a request of this id');
  }
}
