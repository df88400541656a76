import type { McpEra } from '../protocol/call.js';
import { eraOf } from '../protocol/era.js';
import { GatewayError } from '../protocol/gateway-error.js';
import type { JsonRpcAnswer, JsonRpcNotification, JsonRpcRequest } from '../protocol/json-rpc.js';
import { assertMirrored } from '../protocol/mirrored-headers.js';
import { parseMessage } from '../protocol/parse.js';
import type { BodyAccount } from './body-budget.js';
import type { Exchange } from './exchange.js';
import { readBody } from './request-body.js';

/** A message of a client that may be decided. */
export interface ClientMessage<Message = JsonRpcRequest | JsonRpcNotification | JsonRpcAnswer> {
  readonly message: Message;
  readonly era: McpEra;
  /** Its bytes, which the upstream gets. */
  readonly bytes: Buffer;
  /** The headers that repeat what the message says, and were compared with it; the older era has none. */
  readonly compared: readonly string[];
}

/**
 * Reads the message of a POST, and enters the session that the request names.
 *
 * @throws GatewayError when the message must not go on, with the request's id where it is known
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
  if (parsed.kind === 'answer') return { message: parsed.answer, era, bytes, compared: [] };
  const message = parsed.kind === 'request' ? parsed.request : parsed.notification;
  const compared = era === 'modern' ? assertMirrored(message, request.headers) : [];
  if (parsed.kind === 'request' && !caseSensitive) server.declaredNames.assertSpelled(parsed.request);
  return { message, era, bytes, compared };
}
