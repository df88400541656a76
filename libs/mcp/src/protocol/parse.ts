import { hasUnsafeNumber } from 'nestjs-opa/internal';
import type { JsonRpcAnswer, JsonRpcId, JsonRpcNotification, JsonRpcRequest } from './json-rpc.js';
import { wrongKey } from './keys/index.js';
import { isNotification } from './methods/index.js';

/** A message as a client or server sent it. */
export type McpMessage =
  | { readonly kind: 'request'; readonly request: JsonRpcRequest }
  | { readonly kind: 'notification'; readonly notification: JsonRpcNotification }
  | { readonly kind: 'answer'; readonly answer: JsonRpcAnswer }
  /** It must not be passed on; `id` is the request's, where it can be told. */
  | {
      readonly kind: 'refused';
      readonly id: JsonRpcId | null;
      readonly code: number;
      readonly message: string;
    };

/** JSON-RPC's own codes. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;

type Fields = Readonly<Record<string, unknown>>;

/** How {@link parseMessage} reads a message. */
export interface ParseOptions {
  /** The server tells apart keys of `arguments` that differ only in case. Default: `false`. */
  readonly caseSensitive?: boolean | undefined;
  /** The arguments that what is called declares, in nested objects too. They pass though the protocol spells one otherwise. */
  readonly declaredBy?: ((request: JsonRpcRequest) => ReadonlySet<string>) | undefined;
}

/**
 * Reads a message strictly: what two programs could read differently is refused, for policy and upstream would then
 * not see the same. Batches are refused, no version that a gateway meets has them.
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
  const wrong = wrongKey(text, value as Fields, {
    arguments: argumentsOf(value as Fields),
    argumentNames: caseSensitive ? 'all' : request && declaredBy?.(request),
  });
  if (wrong !== undefined) return refused(id, wrong.isTop ? INVALID_REQUEST : INVALID_PARAMS, wrong.message);
  // No policy looks at the others, whose numbers are between client and server.
  if (request !== undefined && hasUnsafeNumber(text)) {
    return refused(id, INVALID_PARAMS, 'The message holds a number that a double cannot hold');
  }
  return message;
}

/** The arguments of a call, and those that a completion is for. */
function argumentsOf({ params }: Fields): unknown[] {
  if (!isObject(params)) return [];
  const { context } = params;
  return [params['arguments'], isObject(context) ? context['arguments'] : undefined];
}

/**
 * Reads a message that an MCP server has sent, as strictly. Its numbers pass as they came, and an error need not say
 * whose it is: a server that could not read a request doesn't know its id.
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
  const wrong = wrongKey(text, value as Fields, { isServers: true });
  return wrong === undefined ? message : refused(null, INTERNAL_ERROR, wrong.message);
}

function serverMessageOf(value: unknown): McpMessage {
  if (!isObject(value) || !isNamelessError(value)) return messageOf(value);
  return { kind: 'answer', answer: { ...value, id: null } as unknown as JsonRpcAnswer };
}

function isNamelessError(value: Fields): boolean {
  if (value['jsonrpc'] !== '2.0' || (value['id'] ?? null) !== null) return false;
  return 'error' in value && !('result' in value) && !('method' in value);
}

function messageOf(value: unknown): McpMessage {
  if (!isObject(value) || value['jsonrpc'] !== '2.0') {
    return refused(null, INVALID_REQUEST, 'The message is not one JSON-RPC 2.0 message');
  }
  const { id, method, params } = value;
  const named = 'id' in value;
  if (named && !isId(id)) return refused(null, INVALID_REQUEST, 'The id is neither a text nor an integer');
  const own = named ? (id as JsonRpcId) : null;
  if (!('method' in value)) return answerOf(value, own);
  if (typeof method !== 'string') return refused(own, INVALID_REQUEST, 'The method is not a text');
  if ('result' in value || 'error' in value) {
    return refused(own, INVALID_REQUEST, 'The message is a call and an answer at once');
  }
  if (params !== undefined && !isObject(params)) {
    return refused(own, INVALID_PARAMS, 'The params are not an object');
  }
  const notifies = isNotification(method);
  if (named === notifies) {
    return refused(own, INVALID_REQUEST, notifies ? 'A notification has no id' : 'A request needs an id');
  }
  return notifies
    ? { kind: 'notification', notification: value as unknown as JsonRpcNotification }
    : { kind: 'request', request: value as unknown as JsonRpcRequest };
}

function answerOf(value: Fields, id: JsonRpcId | null): McpMessage {
  if (id === null || 'result' in value === 'error' in value) {
    return refused(id, INVALID_REQUEST, 'The message is no call, and no answer with one result or error');
  }
  return { kind: 'answer', answer: value as unknown as JsonRpcAnswer };
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
