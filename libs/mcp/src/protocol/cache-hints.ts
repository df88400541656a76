import type { McpCall } from './call.js';
import { methodOf } from './methods/index.js';

/**
 * Forbids caches to share a result, or to keep the result longer than the decision on it. The modern era requires the
 * hints on results of cacheable methods. Any other result gets them only where the server has sent hints of its own.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching | MCP's caching hints}
 */
export function markUncacheable(
  { request, era }: McpCall,
  result: Record<string, unknown>,
): Record<string, unknown> {
  const hasHints = 'ttlMs' in result || 'cacheScope' in result;
  const isCacheable = methodOf(request.method)?.cacheable === true;
  const needsHints = era === 'modern' && isCacheable && result['resultType'] !== 'input_required';
  return hasHints || needsHints ? { ...result, ttlMs: 0, cacheScope: 'private' } : result;
}

/** Marks a result that a policy has replaced or changed: caches must not keep it, and a modern result names its type. */
export function markModified(call: McpCall, result: Record<string, unknown>): Record<string, unknown> {
  const needsType = call.era === 'modern' && result['resultType'] === undefined;
  return markUncacheable(call, needsType ? { ...result, resultType: 'complete' } : result);
}
