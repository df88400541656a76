import type { McpCall } from '../protocol/call.js';
import type { DecidedMethod } from '../protocol/methods/index.js';
import { isObject } from '../protocol/parse.js';

/** The parameters of a request don't match its method. The client gets `-32602`. */
export class MappingError extends Error {}

/** AuthZEN's `resource`. */
export interface McpResource {
  readonly type: string;
  readonly id: string;
}

/**
 * The resource that a request acts on.
 *
 * @param method - the row of the request's method
 * @throws MappingError when a parameter that names the resource is missing or of the wrong type
 */
export function resourceOf({ request, caller }: McpCall, method: DecidedMethod): McpResource {
  const { resource } = method;
  const params = request.params ?? {};
  if (!('parameter' in resource)) {
    const { type } = resource;
    return type === 'ref' ? refOf(params['ref']) : { type, id: caller.audience };
  }
  const { type, parameter } = resource;
  const id = params[parameter];
  if (typeof id !== 'string') throw new MappingError(`params.${parameter} is not a text`);
  if (method.result !== undefined && 'arguments' in params && !isObject(params['arguments'])) {
    throw new MappingError('params.arguments is not an object');
  }
  return { type, id };
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
