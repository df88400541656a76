import type { IncomingHttpHeaders } from 'node:http';
import { methodOf } from '../protocol/methods/index.js';
import { METHOD_NOT_FOUND } from '../protocol/parse.js';
import type { JsonRpcId } from '../protocol/json-rpc.js';
import type { McpCall } from '../protocol/call.js';
import type { McpRefusal } from '../policy/enforcer.js';
import type { Exchange } from './exchange.js';
import type { GatewayError } from '../protocol/gateway-error.js';
import { metadataUrl } from './server-url.js';

/** How long a client is asked to wait when no decision could be had, in seconds. */
const RETRY_AFTER_S = 1;

/** A JSON-RPC error as text; an id that isn't known is left out, as MCP's schema has it. */
export function errorText(
  id: JsonRpcId | null | undefined,
  { code, message, data }: Pick<McpRefusal, 'code' | 'message' | 'data'>,
): string {
  const error = { code, message, ...(data !== undefined && { data }) };
  return JSON.stringify({ jsonrpc: '2.0', ...(id !== undefined && id !== null && { id }), error });
}

/** Answers a call that doesn't go on, in the form that the entry's `denial` says. */
export async function refuse(exchange: Exchange, call: McpCall, refusal: McpRefusal): Promise<void> {
  const { denial } = exchange.server.entry;
  const { id } = call.request;
  const status = denial === 'http' || refusal.code === METHOD_NOT_FOUND ? refusal.status : 200;
  // Only a `CallToolResult` can report a failure.
  const canReport = methodOf(call.request.method)?.result === 'content';
  const isResult = denial === 'result' && refusal.kind === 'denied' && canReport;
  if (!isResult || refusal.challenge !== undefined) return sendRefusal(exchange, refusal, status, id);
  exchange.addHeaders(refusal.headers);
  await sendJson(exchange, 200, JSON.stringify({ jsonrpc: '2.0', id, result: deniedResult(call, refusal) }));
}

/** Refuses what has no answer of its own, so that its HTTP status tells: a notification, an answer, GET and DELETE. */
export async function refuseUnanswered(exchange: Exchange, refusal: McpRefusal): Promise<void> {
  await sendRefusal(exchange, refusal, refusal.status);
}

async function sendRefusal(
  exchange: Exchange,
  refusal: McpRefusal,
  status: number,
  id?: JsonRpcId,
): Promise<void> {
  const { request, server } = exchange;
  exchange.addHeaders(refusal.headers);
  if (refusal.challenge !== undefined) {
    const metadata = metadataUrl(request, server.entry.name);
    // In place of the policy's own.
    exchange.addHeaders({
      'www-authenticate': `Bearer ${refusal.challenge}, resource_metadata="${metadata}"`,
    });
    return sendJson(exchange, 403, errorText(id, refusal));
  }
  const headers = status === 503 ? { 'retry-after': String(RETRY_AFTER_S) } : {};
  await sendJson(exchange, status, errorText(id, refusal), headers);
}

/** Answers a request that the gateway refuses by itself. */
export async function refuseRequest(exchange: Exchange, error: GatewayError): Promise<void> {
  await sendJson(exchange, error.status, errorText(error.id ?? exchange.id, error), error.headers);
}

/**
 * Sends a JSON text.
 *
 * @param headers - what the answer has beside the policies' headers, which win
 */
export async function sendJson(
  exchange: Exchange,
  status: number,
  text: string,
  headers: IncomingHttpHeaders = {},
): Promise<void> {
  exchange.setHeaders(headers);
  await exchange.reply.code(status).header('content-type', 'application/json').send(text);
}

function deniedResult({ era }: McpCall, { message }: McpRefusal): Readonly<Record<string, unknown>> {
  const result = { content: [{ type: 'text', text: message }], isError: true };
  return era === 'modern' ? { ...result, resultType: 'complete' } : result;
}
