import { INTERNAL_ERROR, isObject, parseServerMessage } from '../protocol/parse.js';
import type { JsonRpcError, JsonRpcId } from '../protocol/json-rpc.js';
import { serializeChanged } from '../protocol/serialize-changed.js';
import { errorText } from './refuse.js';

/** The longest message that the gateway makes of a body that is not JSON-RPC, in characters. */
const MAX_MESSAGE = 1_000;
/** The beginning of a text that is markup, an event stream, or JSON that the gateway could not parse. */
const NOT_PLAIN = /^(?:[<{["]|(?:event|data|id|retry)?:)/;

/**
 * Makes the JSON-RPC error for an HTTP response with an error status. The error keeps the code and the message of the
 * upstream:
 *
 * - a JSON-RPC error under another id, such as Python's `"server-error"`, gets the id of the request;
 * - plain JSON, such as `{"error": "invalid_token"}`, and plain text become the message of an error;
 * - any other body, such as HTML or a result, is left out. No policy has decided it.
 *
 * @param status - the HTTP status of the response, 400 or higher
 * @param text - the body
 * @param id - the id of the client's request; `undefined` without one
 */
export function upstreamError(status: number, text: string, id: JsonRpcId | undefined): string {
  const parsed = parseServerMessage(text);
  if (parsed.kind === 'response' && 'error' in parsed.response && isError(parsed.response.error)) {
    const { jsonrpc, error } = parsed.response;
    return serializeChanged(text, parsed.response, { jsonrpc, ...(id !== undefined && { id }), error });
  }
  const { code = INTERNAL_ERROR, message = `The MCP server responded with the HTTP status ${status}` } =
    plainError(text);
  return errorText(id, { code, message });
}

function isError(error: unknown): error is JsonRpcError {
  return isObject(error) && Number.isSafeInteger(error['code']) && typeof error['message'] === 'string';
}

type Words = Partial<Pick<JsonRpcError, 'code' | 'message'>>;

/** The code and the message in a body that is not JSON-RPC; `{}` without a message. */
function plainError(text: string): Words {
  try {
    return errorIn(JSON.parse(text));
  } catch {
    const trimmed = text.trim();
    return trimmed === '' || NOT_PLAIN.test(trimmed) ? {} : { message: bounded(trimmed) };
  }
}

/** The error in a JSON value. Frameworks call the message `message` or `detail`, OAuth `error_description`. */
function errorIn(value: unknown): Words {
  if (!isObject(value) || 'result' in value || 'method' in value) return {};
  const { error, error_description: description, message, detail } = value;
  if (isObject(error)) {
    return {
      ...(Number.isSafeInteger(error['code']) && { code: error['code'] as number }),
      ...(typeof error['message'] === 'string' && { message: bounded(error['message']) }),
    };
  }
  const texts = [error, description ?? message ?? detail].filter((part) => typeof part === 'string');
  return texts.length === 0 ? {} : { message: bounded(texts.join(': ')) };
}

/** Cuts a text. Half of a surrogate pair would stop the JSON parsers of some clients, so `toWellFormed` replaces it. */
const bounded = (message: string): string =>
  (message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message).toWellFormed();
