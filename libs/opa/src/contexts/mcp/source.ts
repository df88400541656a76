import type { ExecutionContext } from '@nestjs/common';
import { OpaError } from '../../contracts/index.js';
import type { InputSource, SourceOptions } from '../../input/index.js';
import { callSource, peerAddress, pickHeaders } from '../../input/index.js';
import { findMcpContext } from './request.js';
import { mcpResourceOf } from './resources.js';

/**
 * Describes a call of a tool, prompt or resource. `request` holds the `method`, its `params` and, over HTTP, the allowed
 * `headers`. The subject is the user of the HTTP request.
 */
export function mcpSource(context: ExecutionContext, options: SourceOptions): InputSource {
  const { headers } = options;
  const mcp = findMcpContext(context);
  const { method, params = {} } = mcp?.mcpRequest ?? {};
  const { type, parameter } = mcpResourceOf(method) ?? {};
  const id = parameter === undefined ? undefined : params[parameter];
  if (method === undefined || type === undefined || typeof id !== 'string') {
    throw new OpaError(
      'OPA_BAD_INPUT',
      `The library has no input for the MCP method ${JSON.stringify(method)}, or its "params" name no resource. ` +
        'Build the input with a function in option "input.shape".',
    );
  }
  const http = mcp?.getRawRequest?.();
  return callSource(
    'mcp',
    {
      user: http?.user,
      action: method,
      resource: { type, id },
      request: { method, params, ...(http !== undefined && { headers: pickHeaders(http.headers, headers) }) },
      http,
      ip: peerAddress(http?.ip),
    },
    options,
  );
}
