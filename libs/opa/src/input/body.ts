import type { HttpRequest } from './http-request.js';
import type { OpaInputOptions } from './input.options.js';

/** The part of a request body that a policy may see. `truncated` marks a body that the policy does not see. */
export interface VisibleBody {
  readonly body?: unknown;
  readonly truncated?: true;
}

/**
 * Returns a parsed body for the policy when the body's JSON is at most `maxBytes` long. A larger body is left out and
 * marked as truncated, and so is a body that the library can't read: a stream, or a type that no parser handles.
 */
export function visibleBody(request: HttpRequest, options: OpaInputOptions['body']): VisibleBody {
  if (options === undefined || options === false) return {};
  const { body } = request;
  if (body === undefined || body === null) {
    if (!isSent(request)) return {};
    return body === null ? { body } : { truncated: true };
  }
  if (isOpaque(body)) return { truncated: true };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return Buffer.byteLength(text) > options.maxBytes ? { truncated: true } : { body };
}

function isSent({ headers }: HttpRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function isOpaque(body: unknown): boolean {
  return Buffer.isBuffer(body) || (typeof body === 'object' && body !== null && 'pipe' in body);
}
