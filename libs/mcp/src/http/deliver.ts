import { GatewayError } from '../protocol/gateway-error.js';
import type { JsonRpcResponse, JsonRpcNotification } from '../protocol/json-rpc.js';
import { INVALID_REQUEST } from '../protocol/parse.js';
import { tasksOf } from '../session/task-references.js';
import { UNKNOWN_TASK } from '../session/tasks.js';
import { admit } from './admit.js';
import { sendUpstream, upstreamHeaders } from './exchange.js';
import type { Exchange } from './exchange.js';
import { forward } from './forward.js';
import type { ClientMessage } from './read-message.js';

/**
 * Sends the upstream a message without a response: a notification, or a client's response to a server's request.
 *
 * @throws Refused when a policy stops the message; GatewayError 400 when the message names another subject's task or
 * request
 */
export async function deliver(
  exchange: Exchange,
  { message, era, bytes, compared }: ClientMessage<JsonRpcNotification | JsonRpcResponse>,
): Promise<void> {
  const { response, server, session } = exchange;
  await admit(exchange, era, 'method' in message ? message.method : 'a response');
  await assertOwn(exchange, message);
  const headers = upstreamHeaders(exchange, await session.permit(), compared);
  const upstream = await sendUpstream(exchange, { method: 'POST', headers, body: bytes });
  if (upstream.status < 200 || upstream.status >= 300) {
    await forward(exchange, upstream);
    return;
  }
  response.empty(202);
  await server.upstream.drop(upstream);
}

// A client may run tasks itself, whose ids the gateway doesn't know. So the gateway refuses only a task of another
// subject, and a response to a request that the server sent to other subjects only.
async function assertOwn(
  { server, subject, session }: Exchange,
  message: JsonRpcNotification | JsonRpcResponse,
): Promise<void> {
  if (await server.tasks.areOthers(subject, tasksOf(message))) {
    throw new GatewayError(400, UNKNOWN_TASK.code, UNKNOWN_TASK.message);
  }
  if (!('method' in message) && !(await session.mayRespond(message.id))) {
    throw new GatewayError(400, INVALID_REQUEST, 'The server has not sent this client a request of this id');
  }
}
