/** A body as far as a policy may see it. */
export interface VisibleBody {
  readonly body?: unknown;
  readonly truncated?: true;
}

/**
 * Shows a parsed body to the policy when its JSON is within the cap; a larger one, and one that can't be read
 * (a stream), is left out and marked.
 */
export function visibleBody(body: unknown, options: false | { maxBytes: number } | undefined): VisibleBody {
  if (options === undefined || options === false || body === undefined || body === null) return {};
  if (isOpaque(body)) return { truncated: true };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return Buffer.byteLength(text) > options.maxBytes ? { truncated: true } : { body };
}

function isOpaque(body: unknown): boolean {
  return Buffer.isBuffer(body) || (typeof body === 'object' && body !== null && 'pipe' in body);
}
