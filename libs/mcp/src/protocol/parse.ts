import { hasUnsafeNumber } from 'nestjs-opa/internal';
import type { JsonRpcResponse, JsonRpcId, JsonRpcNotification, JsonRpcRequest } from './json-rpc.js';
import { wrongKey } from './keys/index.js';
import { isNotification } from './methods/index.js';

/** A parsed message of a client or an MCP server. */
export type McpMessage =
  | { readonly kind: 'request'; readonly request: JsonRpcRequest }
  | { readonly kind: 'notification'; readonly notification: JsonRpcNotification }
  | { readonly kind: 'response'; readonly response: JsonRpcResponse }
  /** The message must not pass. `id` is the request's id, or `null` when it is unknown. */
  | {
      readonly kind: 'refused';
      readonly id: JsonRpcId | null;
      readonly code: number;
      readonly message: string;
    };

/** Error codes of JSON-RPC 2.0, section 5.1. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;

type Fields = Readonly<Record<string, unknown>>;

/** Options of {@link parseMessage}. */
export interface ParseOptions {
  /** Whether the server distinguishes keys of `arguments` that differ only in case. Default: `false`. */
  readonly caseSensitive?: boolean | undefined;
  /**
   * Gives the argument names that the called tool or prompt declares, including names in nested objects. Such a name passes
   * even if it is a protocol name in another spelling.
   */
  readonly declaredBy?: ((request: JsonRpcRequest) => ReadonlySet<string>) | undefined;
}

/**
 * Parses a client's message strictly. A message that two programs could read differently is refused, since the policy and
 * the upstream would then see different requests. Batches are refused: no supported version has them.
 *
 * @see {@link https://www.jsonrpc.org/specification | JSON-RPC 2.0}
 */
export function parseMessage(
  text: string,
  { caseSensitive = false, declaredBy }: ParseOptions = {},
): McpMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused(null, PARSE_ERROR, 'The message is not JSON');
  }
  const message = messageOf(value);
  if (message.kind === 'refused') return message;
  const request = message.kind === 'request' ? message.request : undefined;
  const id = request?.id ?? null;
  const problem = wrongKey(text, value as Fields, {
    arguments: argumentsOf(value as Fields),
    argumentNames: caseSensitive ? 'all' : request && declaredBy?.(request),
  });
  if (problem !== undefined) {
    return refused(id, problem.isTop ? INVALID_REQUEST : INVALID_PARAMS, problem.message);
  }
  // Policies decide requests only, so that numbers of other messages pass as they are.
  if (request !== undefined && hasUnsafeNumber(text)) {
    return refused(id, INVALID_PARAMS, 'The message holds a number that a double cannot hold');
  }
  return message;
}

/** The argument objects of a message: those of a call, and those that a completion refers to. */
function argumentsOf({ params }: Fields): unknown[] {
  if (!isObject(params)) return [];
  const { context } = params;
  return [params['arguments'], isObject(context) ? context['arguments'] : undefined];
}

/**
 * Parses a message of an MCP server as strictly as a client's, with two exceptions. Numbers pass as they are. An error may
 * lack an id, since a server that could not parse a request doesn't know the request's id.
 */
export function parseServerMessage(text: string): McpMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused(null, PARSE_ERROR, 'The message is not JSON');
  }
  const message = serverMessageOf(value);
  if (message.kind === 'refused') return message;
  const problem = wrongKey(text, value as Fields, { isServers: true });
  return problem === undefined ? message : refused(null, INTERNAL_ERROR, problem.message);
}

function serverMessageOf(value: unknown): McpMessage {
  if (!isObject(value) || !isErrorWithoutId(value)) return messageOf(value);
  return { kind: 'response', response: { ...value, id: null } as unknown as JsonRpcResponse };
}

function isErrorWithoutId(value: Fields): boolean {
  if (value['jsonrpc'] !== '2.0' || (value['id'] ?? null) !== null) return false;
  return 'error' in value && !('result' in value) && !('method' in value);
}

function messageOf(value: unknown): McpMessage {
  if (!isObject(value) || value['jsonrpc'] !== '2.0') {
    return refused(null, INVALID_REQUEST, 'The message is not one JSON-RPC 2.0 message');
  }
  const { id, method, params } = value;
  const hasId = 'id' in value;
  if (hasId && !isId(id)) return refused(null, INVALID_REQUEST, 'The id is neither a text nor an integer');
  const messageId = hasId ? (id as JsonRpcId) : null;
  if (!('method' in value)) return responseOf(value, messageId);
  if (typeof method !== 'string') return refused(messageId, INVALID_REQUEST, 'The method is not a text');
  if ('result' in value || 'error' in value) {
    return refused(messageId, INVALID_REQUEST, 'The message is a call and a response at once');
  }
  if (params !== undefined && !isObject(params)) {
    return refused(messageId, INVALID_PARAMS, 'The params are not an object');
  }
  const isNotifying = isNotification(method);
  if (hasId === isNotifying) {
    return refused(
      messageId,
      INVALID_REQUEST,
      isNotifying ? 'A notification has no id' : 'A request needs an id',
    );
  }
  return isNotifying
    ? { kind: 'notification', notification: value as unknown as JsonRpcNotification }
    : { kind: 'request', request: value as unknown as JsonRpcRequest };
}

function responseOf(value: Fields, id: JsonRpcId | null): McpMessage {
  if (id === null || 'result' in value === 'error' in value) {
    return refused(
      id,
      INVALID_REQUEST,
      'The message is neither a call nor a response with exactly one of result and error',
    );
  }
  return { kind: 'response', response: value as unknown as JsonRpcResponse };
}

function refused(id: JsonRpcId | null, code: number, message: string): McpMessage {
  return { kind: 'refused', id, code, message };
}

function isId(id: unknown): id is JsonRpcId {
  return typeof id === 'string' || (typeof id === 'number' && Number.isSafeInteger(id));
}

/** Tells whether a value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
