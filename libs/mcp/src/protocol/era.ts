import type { JsonRpcNotification, JsonRpcRequest } from './json-rpc.js';
import type { McpEra } from './call.js';
import type { McpMessage } from './parse.js';
import { INVALID_PARAMS, INVALID_REQUEST, isObject } from './parse.js';
import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from './gateway-error.js';
import { OPENING_METHODS } from './methods/index.js';

const PREFIX = 'io.modelcontextprotocol/';
const MODERN = '2026-07-28';
const LEGACY = new Set(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']);

/** Where a modern message names its protocol version, in `params._meta`. */
export const VERSION_KEY = `${PREFIX}protocolVersion`;

/** A message's `_meta`. */
export function metaOf({ params }: JsonRpcRequest | JsonRpcNotification): Readonly<Record<string, unknown>> {
  const meta = params?.['_meta'];
  return isObject(meta) ? meta : {};
}

/** Whether the version that a request's header names belongs to the older era; so does none. */
export function isLegacyHeader(headers: IncomingHttpHeaders): boolean {
  const version = headers['mcp-protocol-version'];
  return version === undefined || (typeof version === 'string' && LEGACY.has(version.trim()));
}

/** Whether the version that a request's header names has no sessions: 2026-07-28, or one that came after it. */
export function isModernHeader(headers: IncomingHttpHeaders): boolean {
  const version = String(headers['mcp-protocol-version'] ?? '').trim();
  return /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= MODERN;
}

/**
 * The era that a message belongs to: modern `_meta` is the newer one, `initialize` the older; else the header tells.
 *
 * @throws GatewayError 400 on a session's request whose header names no version with sessions, and on a modern
 * request without what it must carry
 */
export function eraOf(
  message: Exclude<McpMessage, { kind: 'refused' }>,
  headers: IncomingHttpHeaders,
): McpEra {
  if (message.kind === 'response') {
    if (isLegacyHeader(headers)) return 'legacy';
    throw new GatewayError(400, INVALID_REQUEST, 'This protocol version has no requests to a client');
  }
  const sent = message.kind === 'request' ? message.request : message.notification;
  const meta = metaOf(sent);
  const id = message.kind === 'request' ? message.request.id : null;
  if (VERSION_KEY in meta) {
    if (message.kind === 'request') assertEnvelope(meta, message.request);
    return 'modern';
  }
  if (sent.method === OPENING_METHODS.legacy || isLegacyHeader(headers)) return 'legacy';
  if (headers['mcp-session-id'] !== undefined && !isModernHeader(headers)) {
    throw new GatewayError(400, INVALID_REQUEST, 'Unsupported MCP-Protocol-Version for a session', id);
  }
  if (message.kind === 'request') assertEnvelope(meta, message.request);
  return 'modern';
}

function assertEnvelope(meta: Readonly<Record<string, unknown>>, { id }: JsonRpcRequest): void {
  const wrong = (key: string, kind: string) =>
    new GatewayError(400, INVALID_PARAMS, `Invalid params: _meta["${PREFIX}${key}"] is not ${kind}`, id);
  if (typeof meta[VERSION_KEY] !== 'string') throw wrong('protocolVersion', 'a text');
  if (!isObject(meta[`${PREFIX}clientCapabilities`])) throw wrong('clientCapabilities', 'an object');
}
