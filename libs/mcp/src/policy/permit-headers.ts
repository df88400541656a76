import type { Decision, HeaderValues } from 'nestjs-opa';
import type { McpPermit } from './enforcer.js';

/**
 * The headers of an allow; `{}` without any. A denial that permissive mode lets pass has none.
 *
 * @param obliged - the headers that obligations set on the client's response
 */
export function permitOf(decision: Decision | undefined, obliged: HeaderValues = {}): McpPermit {
  if (decision === undefined) return {};
  const { headers, removeHeaders } = decision;
  const hasObliged = Object.keys(obliged).length > 0;
  const responseHeaders = hasObliged ? { ...decision.responseHeaders, ...obliged } : decision.responseHeaders;
  const hasAny = (headers ?? removeHeaders ?? responseHeaders) !== undefined;
  return hasAny ? { headers, removeHeaders, responseHeaders } : {};
}

/**
 * The headers that the allow of a result adds to the client's response. The decision's `headers` are ignored: they are
 * meant for the MCP server, which has its request already, and one rule may decide both call and result.
 */
export function responseHeadersOf(
  decision: Decision | undefined,
  obliged?: HeaderValues,
): { headers?: HeaderValues } {
  const headers = permitOf(decision, obliged).responseHeaders;
  return headers === undefined ? {} : { headers };
}
