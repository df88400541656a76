import { peerAddress } from 'nestjs-opa/internal';
import { subOf } from '../protocol/call.js';
import type { McpCall } from '../protocol/call.js';
import type { ListedTools } from '../protocol/listed-tools.js';
import type { DecidedMethod } from '../protocol/methods/index.js';
import { resourceOf } from './resource.js';

/**
 * The input in COAZ-MCP's default mapping: AuthZEN's `subject`, `action`, `resource` and `context`, and the `request`
 * itself. `subject.properties` holds the token's claims. `resource.tool` of a tool call is the tool as the server lists it
 * to the subject; the key is missing for an unknown tool.
 *
 * @param method - the row of the request's method
 * @throws MappingError when the request's parameters don't match its method
 */
export function coazInput(call: McpCall, method: DecidedMethod, tools: ListedTools): Record<string, unknown> {
  const { request, caller } = call;
  const { params = {} } = request;
  const { claims } = caller;
  const agent = claims?.['client_id'];
  const resource = resourceOf(call, method);
  const tool = resource.type === 'tool' ? tools.find(caller, resource.id) : undefined;
  const context = Object.entries(method.context ?? {})
    .map(([key, parameter]) => [key, params[parameter]] as const)
    .filter(([, value]) => value !== undefined);
  return {
    subject:
      claims === undefined
        ? { type: 'anonymous' }
        : { type: 'identity', id: subOf(caller), properties: claims },
    action: { name: request.method },
    resource: { ...resource, ...(tool !== undefined && { tool }) },
    context: { ...(agent !== undefined && { agent }), ...Object.fromEntries(context) },
    request: { method: request.method, params, headers: caller.headers, ip: peerAddress(caller.ip) },
  };
}
