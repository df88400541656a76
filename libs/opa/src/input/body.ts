import type { HttpRequest } from './http-request.js';
import type { OpaInputOptions } from './input.options.js';

/** A body as far as a policy may see it. */
export interface VisibleBody {
  readonly body?: unknown;
  readonly truncated?: true;
}

/**
 * Shows a parsed body to the policy when its JSON is within the cap; a larger one, and one that can't be read
 * (a stream, or of a type that nobody has parsed), is left out and marked.
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
