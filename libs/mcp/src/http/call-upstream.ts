import type { IncomingHttpHeaders } from 'node:http';
import type { McpPermit } from '../policy/enforcer.js';
import type { McpCall } from '../protocol/call.js';
import type { JsonRpcRequest } from '../protocol/json-rpc.js';
import { methodOf, OPENING_METHODS } from '../protocol/methods/index.js';
import { listTools } from '../upstream/list-tools.js';
import { decideCall } from './decide-call.js';
import { sendUpstream, upstreamHeaders } from './exchange.js';
import type { Exchange } from './exchange.js';
import { forward } from './forward.js';
import type { ClientMessage } from './read-message.js';

/**
 * Decides a client's request, sends the allowed request to the upstream byte for byte, and sends the response back.
 *
 * @throws Refused when a policy stops the request or its result; GatewayError when the request's headers contradict its
 * body, or the upstream does not respond
 */
export async function callUpstream(
  exchange: Exchange,
  { message, era, bytes, compared }: ClientMessage<JsonRpcRequest>,
): Promise<void> {
  const { response, session } = exchange;
  const call: McpCall = { request: message, era, caller: exchange.caller };
  const permit = await decideCall(exchange, call);
  response.addHeaders(permit.responseHeaders);
  const headers = await headersOf(exchange, call, compared, permit);
  await session.noteCall(call, bytes.length);
  const upstream = await sendUpstream(exchange, { method: 'POST', headers, body: bytes });
  if (era === 'legacy' && message.method === OPENING_METHODS.legacy && upstream.status === 200) {
    await session.open(upstream.headers['mcp-session-id']);
    await session.noteCall(call, bytes.length);
  }
  await forward(exchange, upstream, call);
}

/** Builds the headers of the upstream request. Compares `Mcp-Param-…` headers with the tool's arguments first. */
async function headersOf(
  exchange: Exchange,
  call: McpCall,
  compared: readonly string[],
  permit: McpPermit,
): Promise<IncomingHttpHeaders> {
  const { server, request } = exchange;
  const headers = upstreamHeaders(exchange, permit, compared);
  server.sentWith.set(call, { headers, subjectToken: exchange.subjectToken });
  if (call.era === 'modern' && methodOf(call.request.method)?.paramHeaders === true) {
    const list = () => listTools(server, call);
    Object.assign(headers, await server.params.compared(call.request, request.headers, list));
  }
  return headers;
}
