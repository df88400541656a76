import type { ContextAudit } from '../audit.js';
import { microserviceReach } from '../microservice.js';
import { nestMetadata } from '../nest-metadata.js';

const TYPES = ['tool', 'resource', 'resource-template', 'prompt'];

/** The audit of MCP tools, resources and prompts. */
export const mcpAudit: ContextAudit = {
  routes: ({ method }) => [mcpRoute(method) ?? []].flat(),
  globalReach: microserviceReach,
  neverEvaluated: () => undefined,
};

/** Returns the type and name of an MCP method, such as `tool search`; `undefined` for other methods. */
export function mcpRoute(method: { readonly name: string }): string | undefined {
  for (const type of TYPES) {
    const declared = nestMetadata(`mcp:${type}`, method) as { name?: string; uri?: string } | undefined;
    if (declared !== undefined) return `${type} ${declared.name ?? declared.uri ?? method.name}`;
  }
  return undefined;
}
