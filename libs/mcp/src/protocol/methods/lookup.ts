import type { McpEra } from '../call.js';
import type { DecidedMethod, ListRule, McpMethod, TaskReference, UndecidedMethod } from './method.js';
import { METHODS } from './table.js';

const TABLE: ReadonlyMap<string, McpMethod> = new Map(Object.entries(METHODS));

/** A vendor's own method is decided like a request to the server. */
const VENDOR_METHOD: DecidedMethod = { eras: ['legacy', 'modern'], resource: { type: 'mcp_server' } };

/** The row of a method, whichever era has the method; `undefined` for a method that the table lacks. */
export const methodOf = (name: string): McpMethod | undefined => TABLE.get(name);

/**
 * The row by which a request is decided.
 *
 * @param vendorMethods - further methods of the server: `methods` of its policies
 * @returns `undefined` for a method that neither the era nor the vendor has; such a request must not pass
 */
export function methodIn(
  era: McpEra,
  name: string,
  vendorMethods: readonly string[] = [],
): McpMethod | undefined {
  const method = methodOf(name);
  if (method?.eras.includes(era) === true) return method;
  return vendorMethods.includes(name) ? VENDOR_METHOD : undefined;
}

/** Whether a request passes without a decision of its own. */
export const isUndecided = (method: McpMethod | undefined): method is UndecidedMethod =>
  method?.resource === 'undecided';

/** The parameter that names the resource of a request; `undefined` for a method whose resource has no such parameter. */
export function resourceParameterOf(name: string): string | undefined {
  const resource = methodOf(name)?.resource;
  return typeof resource === 'object' && 'parameter' in resource ? resource.parameter : undefined;
}

/** The list of a method, if its items declare JSON Schemas of the calls that name them. */
export function schemaListOf(name: string): ListRule | undefined {
  const list = methodOf(name)?.list;
  return list?.declares?.by === 'schema' ? list : undefined;
}

/** Every row. */
export const allMethods = (): readonly McpMethod[] => [...TABLE.values()];

/**
 * How a request refers to tasks. A method that begins with `tasks/` and is not in the table counts as `one`, so that a
 * future method can't act on another subject's task.
 */
export function taskReferenceOf(name: string): TaskReference | undefined {
  return methodOf(name)?.tasks ?? (name.startsWith('tasks/') ? 'one' : undefined);
}

/** Whether a method is a notification's. MCP names all of them, and nothing else, `notifications/…`. */
export const isNotification = (name: string): boolean => name.startsWith('notifications/');

/** Whether a notification is about one task, which `params.taskId` names. */
export const isTaskNotification = (name: string): boolean =>
  name === 'notifications/tasks' || name.startsWith('notifications/tasks/');
