import { peerAddress } from 'nestjs-opa/internal';
import { subOf } from '../protocol/call.js';
import type { McpCall } from '../protocol/call.js';
import type { DecidedMethod, HookRule } from '../protocol/methods/index.js';
import { resourceOf } from './resource.js';

/**
 * The input that ContextForge's plugin sends before a call. A method without a hook has its own name as `kind`, and its
 * parameters as `payload`.
 *
 * @param method - the row of the request's method
 * @throws MappingError when the request's parameters don't match its method
 */
export function contextforgeInput(call: McpCall, method: DecidedMethod): Record<string, unknown> {
  const { id } = resourceOf(call, method);
  const { params = {} } = call.request;
  const { contextforge: hook } = method;
  return {
    ...contextforgeCaller(call),
    kind: hook?.before ?? call.request.method,
    payload: hook === undefined ? params : payloadBefore(hook, id, params),
    context: {},
    mode: 'input',
  };
}

/** The payload of a hook before a call: the resource's id and the arguments. */
export function payloadBefore(
  { idKey, hasArgs }: HookRule,
  id: string,
  params: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return { [idKey]: id, ...(hasArgs && { args: params['arguments'] ?? {} }) };
}

/** The members of ContextForge's input that describe the caller. `user` is the token's `sub`, or `anonymous`. */
export function contextforgeCaller({ caller }: McpCall): Record<string, unknown> {
  const sub = subOf(caller);
  return {
    user: typeof sub === 'string' ? sub : 'anonymous',
    request_ip: peerAddress(caller.ip),
    headers: caller.headers,
  };
}
