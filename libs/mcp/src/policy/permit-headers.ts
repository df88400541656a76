import type { Decision, HeaderValues } from 'nestjs-opa';
import type { McpPermit } from './enforcer.js';

/** The headers of an allow; `{}` without any. A denial that permissive mode lets pass has none. */
export function permitOf(decision: Decision | undefined): McpPermit {
  if (decision === undefined) return {};
  const { headers, removeHeaders, responseHeaders } = decision;
  const hasAny = (headers ?? removeHeaders ?? responseHeaders) !== undefined;
  return hasAny ? { headers, removeHeaders, responseHeaders } : {};
}

/**
 * The headers that the allow of a result adds to the client's response. The decision's `headers` are ignored: they are
 * meant for the MCP server, which has its request already, and one rule may decide both call and result.
 */
export function responseHeadersOf(decision: Decision | undefined): { headers?: HeaderValues } {
  const headers = permitOf(decision).responseHeaders;
  return headers === undefined ? {} : { headers };
}
