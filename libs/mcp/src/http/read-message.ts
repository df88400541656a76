import type { McpEra } from '../protocol/call.js';
import { eraOf } from '../protocol/era.js';
import { GatewayError } from '../protocol/gateway-error.js';
import type { JsonRpcResponse, JsonRpcNotification, JsonRpcRequest } from '../protocol/json-rpc.js';
import { assertMirrored } from '../protocol/mirrored-headers.js';
import { parseMessage } from '../protocol/parse.js';
import type { BodyAccount } from './body-budget.js';
import type { Exchange } from './exchange.js';
import { readBody } from './request-body.js';

/** A valid message of a client, ready for the decision. */
export interface ClientMessage<Message = JsonRpcRequest | JsonRpcNotification | JsonRpcResponse> {
  readonly message: Message;
  readonly era: McpEra;
  /** The message's bytes, which the gateway sends to the upstream. */
  readonly bytes: Buffer;
  /** The names of the mirrored headers that match the message. The legacy era has no mirrored headers. */
  readonly compared: readonly string[];
}

/**
 * Reads the message of a POST, and enters the session that the request names.
 *
 * @throws GatewayError when the gateway refuses the message; the error has the request's id when the gateway could read
 * it
 */
export async function readMessage(exchange: Exchange, account: BodyAccount): Promise<ClientMessage> {
  const { request, response, server, session } = exchange;
  const { caseSensitive, maxRequestBytes: max } = server.entry;
  const { bytes, text } = await readBody(request, { max, account, lost: server.settings.lostBodies });
  const declaredBy = (called: JsonRpcRequest) => server.declaredNames.declaredBy(called);
  const parsed = parseMessage(text, { caseSensitive, declaredBy });
  if (parsed.kind === 'refused') throw new GatewayError(400, parsed.code, parsed.message, parsed.id);
  if (parsed.kind === 'request') response.requestId = parsed.request.id;
  const era = eraOf(parsed, request.headers);
  if (era === 'legacy') session.enter(request.headers);
  if (parsed.kind === 'response') return { message: parsed.response, era, bytes, compared: [] };
  const message = parsed.kind === 'request' ? parsed.request : parsed.notification;
  const compared = era === 'modern' ? assertMirrored(message, request.headers) : [];
  if (parsed.kind === 'request' && !caseSensitive) server.declaredNames.assertSpelled(parsed.request);
  return { message, era, bytes, compared };
}
