import type { IncomingHttpHeaders } from 'node:http';
import type { JsonRpcId, JsonRpcNotification, JsonRpcRequest } from './json-rpc.js';
import { metaOf, VERSION_KEY } from './era.js';
import { GatewayError } from './gateway-error.js';

/** MCP's code for headers that don't say what the body says. */
const HEADER_MISMATCH = -32020;

/** What `Mcp-Name` repeats, and whether a request must have it. */
const NAMES: Readonly<Record<string, readonly [parameter: string, required: boolean]>> = {
  'tools/call': ['name', true],
  'prompts/get': ['name', true],
  'resources/read': ['uri', true],
  // Of an extension: what is there must be right.
  'tasks/get': ['taskId', false],
  'tasks/update': ['taskId', false],
  'tasks/cancel': ['taskId', false],
};
const VALUE = /^[\t\x20-\x7e]*$/;
const ENCODED = /^=\?base64\?(.*)\?=$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

type Sent = JsonRpcRequest | JsonRpcNotification;
type Reader = (value: string) => string | undefined;

/**
 * Checks that a modern message's headers say what its body says: a policy sees the body, and whoever routes by the
 * headers must not see another request. A notification need not have them, for the specification defines no headers of
 * one, and its reference server asks for none; those that are there must be right.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http | MCP's transport}
 * @returns the headers that were compared
 * @throws GatewayError 400 with -32020
 */
export function assertMirrored(message: Sent, headers: IncomingHttpHeaders): readonly string[] {
  const compared: string[] = [];
  const id = 'id' in message ? message.id : undefined;
  const needed = id !== undefined;
  const check = (name: string, expected: unknown, required: boolean, read: Reader = trimmed) => {
    if (typeof expected !== 'string') return;
    const header = name.toLowerCase();
    const given = headers[header];
    compared.push(header);
    if (given === undefined && !required) return;
    if (typeof given === 'string' && read(given) === expected) return;
    throw mismatch(name, given === undefined ? 'is missing' : 'does not say what the body says', id);
  };
  check('MCP-Protocol-Version', metaOf(message)[VERSION_KEY], needed);
  check('Mcp-Method', message.method, needed);
  const name = Object.hasOwn(NAMES, message.method) ? NAMES[message.method] : undefined;
  if (name !== undefined) check('Mcp-Name', message.params?.[name[0]], needed && name[1], decoded);
  return compared;
}

const trimmed = (value: string): string => value.replace(/^[ \t]+|[ \t]+$/g, '');

/** The text that a header's value stands for; `undefined` when it, or its Base64, is wrong. */
export function decoded(value: string): string | undefined {
  if (!VALUE.test(value)) return undefined;
  const given = trimmed(value);
  const base64 = ENCODED.exec(given)?.[1];
  if (base64 === undefined) return given;
  if (!BASE64.test(base64)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

/** The refusal of a header. */
export const mismatch = (header: string, why: string, id?: JsonRpcId): GatewayError =>
  new GatewayError(400, HEADER_MISMATCH, `The header ${header} ${why}`, id);
