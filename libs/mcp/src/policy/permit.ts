import type { Decision, HeaderValues } from 'nestjs-opa';
import type { McpPermit } from './enforcer.js';

/** The headers that come with an allow; `undefined` without any. What was only let through brings none. */
export function permitOf(decision: Decision | undefined): McpPermit | undefined {
  if (decision === undefined || decision.degraded === 'permissive') return undefined;
  const { headers, removeHeaders, responseHeaders } = decision;
  const hasAny = (headers ?? removeHeaders ?? responseHeaders) !== undefined;
  return hasAny ? { headers, removeHeaders, responseHeaders } : undefined;
}

/**
 * The headers that the allow of a result sets on the answer. Its `headers` are none: they are meant for the server, which
 * has its request already, and one rule may decide both call and result.
 */
export function answerHeaders(decision: Decision | undefined): { headers?: HeaderValues } {
  const headers = permitOf(decision)?.responseHeaders;
  return headers === undefined ? {} : { headers };
}
