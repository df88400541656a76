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

/** Whether a request's header names a version of the legacy era. A request without the header belongs to this era. */
export function isLegacyHeader(headers: IncomingHttpHeaders): boolean {
  const version = headers['mcp-protocol-version'];
  return version === undefined || (typeof version === 'string' && LEGACY.has(version.trim()));
}

/**
 * Whether a request belongs to a session although its header names a version that the gateway doesn't know. Such a
 * request counts as legacy. The upstream knows the session's version, and its error lists the versions it supports.
 */
export const isUnknownInSession = (headers: IncomingHttpHeaders): boolean =>
  headers['mcp-session-id'] !== undefined && !isLegacyHeader(headers) && !isModernHeader(headers);

const isModernHeader = ({ 'mcp-protocol-version': version }: IncomingHttpHeaders): boolean =>
  typeof version === 'string' && version.trim() === MODERN;

/**
 * The era of a message. A message with the version in `_meta` is modern, `initialize` is legacy. For other messages the
 * header `MCP-Protocol-Version` decides.
 *
 * @throws GatewayError 400 for a client's response in the modern era, and for a modern request whose `_meta` lacks a
 * required member
 */
export function eraOf(
  message: Exclude<McpMessage, { kind: 'refused' }>,
  headers: IncomingHttpHeaders,
): McpEra {
  const isLegacy = isLegacyHeader(headers) || isUnknownInSession(headers);
  if (message.kind === 'response') {
    if (isLegacy) return 'legacy';
    throw new GatewayError(400, INVALID_REQUEST, 'This protocol version has no requests to a client');
  }
  const sent = message.kind === 'request' ? message.request : message.notification;
  const meta = metaOf(sent);
  if (VERSION_KEY in meta) {
    if (message.kind === 'request') assertEnvelope(meta, message.request);
    return 'modern';
  }
  if (sent.method === OPENING_METHODS.legacy || isLegacy) return 'legacy';
  if (message.kind === 'request') assertEnvelope(meta, message.request);
  return 'modern';
}

function assertEnvelope(meta: Readonly<Record<string, unknown>>, { id }: JsonRpcRequest): void {
  const wrong = (key: string, kind: string) =>
    new GatewayError(400, INVALID_PARAMS, `Invalid params: _meta["${PREFIX}${key}"] is not ${kind}`, id);
  if (typeof meta[VERSION_KEY] !== 'string') throw wrong('protocolVersion', 'a text');
  if (!isObject(meta[`${PREFIX}clientCapabilities`])) throw wrong('clientCapabilities', 'an object');
}
