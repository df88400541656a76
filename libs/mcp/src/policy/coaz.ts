import { peerAddress } from 'nestjs-opa/internal';
import type { McpCall } from '../protocol/call.js';
import type { MethodRule } from '../protocol/methods.js';
import { isObject } from '../protocol/parse.js';

/** A request that can't be mapped: it becomes `-32602`. */
export class MappingError extends Error {}

/** AuthZEN's `resource`. */
export interface McpResource {
  readonly type: string;
  readonly id: string;
}

/**
 * Says what a request acts on.
 *
 * @throws MappingError when its parameters don't name it as they must
 */
export function resourceOf({ request, caller }: McpCall, rule: MethodRule): McpResource {
  const params = request.params ?? {};
  if (rule.type === 'mcp_server') return { type: rule.type, id: caller.audience };
  if (rule.type === 'ref') return refOf(params['ref']);
  const { named = 'name' } = rule;
  const id = params[named];
  if (typeof id !== 'string') throw new MappingError(`params.${named} is not a text`);
  if (rule.hasResult === true && 'arguments' in params && !isObject(params['arguments'])) {
    throw new MappingError('params.arguments is not an object');
  }
  return { type: rule.type, id };
}

function refOf(ref: unknown): McpResource {
  const fields = isObject(ref) ? ref : {};
  if (fields['type'] === 'ref/prompt' && typeof fields['name'] === 'string') {
    return { type: 'prompt', id: fields['name'] };
  }
  if (fields['type'] === 'ref/resource' && typeof fields['uri'] === 'string') {
    return { type: 'resource', id: fields['uri'] };
  }
  throw new MappingError('params.ref names neither a prompt nor a resource');
}

/**
 * The input of COAZ-MCP's default mappings: AuthZEN's subject, action, resource and context, and beside them the
 * request itself. `subject.properties` are the token's claims.
 *
 * @throws MappingError
 */
export function coazInput(call: McpCall, rule: MethodRule): Record<string, unknown> {
  const { request, caller } = call;
  const { method, params = {} } = request;
  const { claims } = caller;
  const agent = claims?.['client_id'];
  const told = Object.entries(rule.context ?? {}).filter(([, parameter]) => params[parameter] !== undefined);
  return {
    subject:
      claims === undefined
        ? { type: 'anonymous' }
        : { type: 'identity', id: claims['sub'], properties: claims },
    action: { name: method },
    resource: resourceOf(call, rule),
    context: {
      ...(agent !== undefined && { agent }),
      ...Object.fromEntries(told.map(([name, parameter]) => [name, params[parameter]])),
    },
    request: { method, params, headers: caller.headers, ip: peerAddress(caller.ip) },
  };
}

const HOOKS: Readonly<Record<string, readonly [kind: string, name: string]>> = {
  'tools/call': ['tool_pre_invoke', 'name'],
  'prompts/get': ['prompt_pre_fetch', 'prompt_id'],
  'resources/read': ['resource_pre_fetch', 'uri'],
};

/**
 * The input that ContextForge's plugin sends, with the real user and headers: its hooks for tool calls, prompts and
 * resources, and for other methods the method as `kind` and the parameters as `payload`.
 *
 * @throws MappingError
 */
export function contextforgeInput(call: McpCall, rule: MethodRule): Record<string, unknown> {
  const { request, caller } = call;
  const { method, params = {} } = request;
  const { id } = resourceOf(call, rule);
  const [kind, name] = HOOKS[method] ?? [method, undefined];
  const args = method === 'resources/read' ? {} : { args: params['arguments'] ?? {} };
  return {
    kind,
    user: userOf(call),
    request_ip: peerAddress(caller.ip),
    headers: caller.headers,
    payload: name === undefined ? params : { [name]: id, ...args },
    context: {},
    mode: 'input',
  };
}

/** The caller's name as ContextForge's policies know it: the token's `sub`, or `anonymous`. */
export function userOf({ caller: { claims } }: McpCall): string {
  const sub = claims?.['sub'];
  return typeof sub === 'string' ? sub : 'anonymous';
}
