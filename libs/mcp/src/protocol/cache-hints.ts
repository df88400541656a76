import type { McpCall } from './call.js';

const CACHEABLE = /^(server\/discover|(tools|prompts|resources|resources\/templates)\/list|resources\/read)$/;

/**
 * A result that a policy has touched: nobody may keep it for others, nor for longer than the decision. Results that
 * carry no such hints stay without them, and so does the older era, unless the server gave some all the same.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching | MCP's caching hints}
 */
export function uncached(
  { request, era }: McpCall,
  result: Record<string, unknown>,
): Record<string, unknown> {
  const hinted = 'ttlMs' in result || 'cacheScope' in result;
  const needs =
    era === 'modern' && CACHEABLE.test(request.method) && result['resultType'] !== 'input_required';
  return hinted || needs ? { ...result, ttlMs: 0, cacheScope: 'private' } : result;
}

/** A result that a policy has written or changed: not kept, and in the newer era it says of what type it is. */
export function touched(call: McpCall, result: Record<string, unknown>): Record<string, unknown> {
  const needsType = call.era === 'modern' && result['resultType'] === undefined;
  return uncached(call, needsType ? { ...result, resultType: 'complete' } : result);
}
