import { methodOf } from '../protocol/methods/index.js';
import { INTERNAL_ERROR, METHOD_NOT_FOUND } from '../protocol/parse.js';
import type { JsonRpcId } from '../protocol/json-rpc.js';
import type { McpCall } from '../protocol/call.js';
import type { McpRefusal } from '../policy/enforcer.js';
import { completeChallenge } from './challenge.js';
import type { Exchange } from './exchange.js';
import type { Refused } from './refused.js';
import { GatewayError } from '../protocol/gateway-error.js';

/** The error of a request to which the MCP server sent no response that the gateway can forward. */
export const UNUSABLE_RESPONSE: McpRefusal = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The MCP server did not send a usable response',
  status: 502,
};

/** A JSON-RPC error as text. Without a known id the text has no member `id`, as MCP's schema requires. */
export function errorText(
  id: JsonRpcId | null | undefined,
  { code, message, data }: Pick<McpRefusal, 'code' | 'message' | 'data'>,
): string {
  const error = { code, message, ...(data !== undefined && { data }) };
  return JSON.stringify({ jsonrpc: '2.0', ...(id !== undefined && id !== null && { id }), error });
}

/** The error of a request that the MCP server redirects. */
export const REDIRECTED: McpRefusal = {
  kind: 'failed',
  code: INTERNAL_ERROR,
  message: 'The MCP server responded with a redirect, which the gateway does not follow',
  status: 502,
};

/**
 * Responds to a message that a policy stops. The server's option `denial` selects the form for a request. For all other
 * messages, GET and DELETE, the response has the HTTP status of the refusal.
 */
export function refuse(exchange: Exchange, { call, refusal }: Refused): void {
  if (call === undefined) sendRefusal(exchange, refusal, refusal.status);
  else refuseCall(exchange, call, refusal);
}

function refuseCall(exchange: Exchange, call: McpCall, refusal: McpRefusal): void {
  const { denial } = exchange.server.entry;
  const { id } = call.request;
  const status = denial === 'http' || refusal.code === METHOD_NOT_FOUND ? refusal.status : 200;
  // Of all results, only a `CallToolResult` has `isError`.
  const canReport = methodOf(call.request.method)?.result === 'content';
  const isResult = denial === 'result' && refusal.kind === 'denied' && canReport;
  if (!isResult || refusal.challenge !== undefined) return sendRefusal(exchange, refusal, status, id);
  exchange.response.addHeaders(refusal.headers);
  exchange.response.json(200, JSON.stringify({ jsonrpc: '2.0', id, result: deniedResult(call, refusal) }));
}

function sendRefusal(exchange: Exchange, refusal: McpRefusal, status: number, id?: JsonRpcId): void {
  const { request, response, server } = exchange;
  response.addHeaders(refusal.headers);
  if (refusal.challenge !== undefined) {
    const { hasMetadata } = server.settings;
    const metadata = hasMetadata ? `, resource_metadata="${server.urls.metadata(request)}"` : '';
    // This header replaces the `WWW-Authenticate` of the policy.
    response.addHeaders({ 'www-authenticate': `Bearer ${refusal.challenge}${metadata}` });
    response.json(403, errorText(id, refusal));
    return;
  }
  const { retryAfter } = refusal;
  const isTemporary = (status === 503 || status === 429) && retryAfter !== undefined;
  const headers = isTemporary ? { 'retry-after': String(retryAfter) } : {};
  response.json(status, errorText(id, refusal), headers);
}

/** Responds to a request that failed. The client receives the text of a GatewayError, and no details of any other error. */
export function refuseError({ server, request, response }: RefusedRequest, error: unknown): void {
  if (response.hasBegun) {
    response.cutOff();
    return;
  }
  const refusal = error instanceof GatewayError ? error : UNEXPECTED;
  const challenge = refusal.headers['www-authenticate'];
  const headers =
    challenge === undefined ? {} : { 'www-authenticate': completeChallenge(server, request, challenge) };
  const text = errorText(refusal.id ?? response.requestId, refusal);
  response.json(refusal.status, text, { ...refusal.headers, ...headers });
}

type RefusedRequest = Pick<Exchange, 'server' | 'request' | 'response'>;

const UNEXPECTED = new GatewayError(500, INTERNAL_ERROR, 'Internal error');

function deniedResult({ era }: McpCall, { message }: McpRefusal): Readonly<Record<string, unknown>> {
  const result = { content: [{ type: 'text', text: message }], isError: true };
  return era === 'modern' ? { ...result, resultType: 'complete' } : result;
}
