import type { IncomingHttpHeaders } from 'node:http';
import type { JsonRpcId, JsonRpcNotification, JsonRpcRequest } from './json-rpc.js';
import { metaOf, VERSION_KEY } from './era.js';
import { GatewayError } from './gateway-error.js';
import { methodOf, resourceParameterOf } from './methods/index.js';

/** MCP's error code for headers that contradict the body. */
const HEADER_MISMATCH = -32020;

const VALUE = /^[\t\x20-\x7e]*$/;
const ENCODED = /^=\?base64\?(.*)\?=$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

type Sent = JsonRpcRequest | JsonRpcNotification;
type Reader = (value: string) => string | undefined;

/**
 * Checks that the headers of a modern message match its body. Policies see the body, and a proxy that routes by headers
 * must see the same request. The specification requires no headers of a notification. The headers that a notification
 * has must match its body.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http | MCP's transport}
 * @returns the names of the headers that this function compared
 * @throws GatewayError 400 with -32020 when a required header is missing, or a header contradicts the body
 */
export function assertMirrored(message: Sent, headers: IncomingHttpHeaders): readonly string[] {
  const compared: string[] = [];
  const id = 'id' in message ? message.id : undefined;
  const needed = id !== undefined;
  const check = (name: string, expected: unknown, required: boolean, read: Reader = trimmed) => {
    if (typeof expected !== 'string') return;
    const header = name.toLowerCase();
    const value = headers[header];
    compared.push(header);
    if (value === undefined && !required) return;
    if (typeof value === 'string' && read(value) === expected) return;
    throw mismatch(name, value === undefined ? 'is missing' : 'does not say what the body says', id);
  };
  check('MCP-Protocol-Version', metaOf(message)[VERSION_KEY], needed);
  check('Mcp-Method', message.method, needed);
  const nameHeader = methodOf(message.method)?.nameHeader;
  if (nameHeader !== undefined) {
    const name = message.params?.[resourceParameterOf(message.method) ?? ''];
    check('Mcp-Name', name, needed && nameHeader === 'required', decoded);
  }
  return compared;
}

const trimmed = (value: string): string => value.replace(/^[ \t]+|[ \t]+$/g, '');

/**
 * Decodes a header's value, which is plain text or Base64. Returns `undefined` for invalid characters, Base64 or UTF-8.
 */
export function decoded(value: string): string | undefined {
  if (!VALUE.test(value)) return undefined;
  const text = trimmed(value);
  const base64 = ENCODED.exec(text)?.[1];
  if (base64 === undefined) return text;
  if (!BASE64.test(base64)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

/** Makes the error for a header that is missing or contradicts the body. */
export const mismatch = (header: string, why: string, id?: JsonRpcId): GatewayError =>
  new GatewayError(400, HEADER_MISMATCH, `The header ${header} ${why}`, id);
