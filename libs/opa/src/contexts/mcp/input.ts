import type { ExecutionContext } from '@nestjs/common';
import { OpaError } from '../../contracts/index.js';
import type { Call, CallOptions } from '../../input/index.js';
import { pickHeaders } from '../../input/index.js';
import { findMcpContext } from './request.js';
import { peerAddress } from '../../input/index.js';

/** What each method acts on, by COAZ-MCP's defaults: the resource's type and the parameter that names it. */
const RESOURCES: Readonly<Record<string, readonly [type: string, parameter: string]>> = {
  'tools/call': ['tool', 'name'],
  'prompts/get': ['prompt', 'name'],
  'resources/read': ['resource', 'uri'],
};

/**
 * A tool, prompt or resource of an MCP server: `request` holds the `method`, its `params` and, over HTTP, the allowed
 * `headers`. The subject is the HTTP request's user.
 */
export function mcpCallOf(context: ExecutionContext, { headers }: CallOptions): Call {
  const mcp = findMcpContext(context);
  const { method, params = {} } = mcp?.mcpRequest ?? {};
  const [type, parameter] = RESOURCES[method ?? ''] ?? [];
  const id = parameter === undefined ? undefined : params[parameter];
  if (method === undefined || type === undefined || typeof id !== 'string') {
    throw new OpaError('OPA_BAD_INPUT', `The MCP method ${JSON.stringify(method)} is not known here.`);
  }
  const http = mcp?.getRawRequest?.();
  return {
    user: http?.user,
    action: method,
    resource: { type, id },
    request: { method, params, ...(http !== undefined && { headers: pickHeaders(http.headers, headers) }) },
    http,
    ip: peerAddress(http?.ip),
  };
}
