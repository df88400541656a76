/**
 * The resource that a request of each MCP method acts on, by COAZ-MCP's default mappings: `type` is AuthZEN's
 * `resource.type`, and `parameter` is the member of `params` that holds the resource's id. MCP servers built on Nest
 * have handlers for these methods; `nestjs-opa-mcp` builds its method table on the same resources.
 */
export const MCP_RESOURCES = {
  'tools/call': { type: 'tool', parameter: 'name' },
  'prompts/get': { type: 'prompt', parameter: 'name' },
  'resources/read': { type: 'resource', parameter: 'uri' },
} as const;

/** Returns the resource of a method; `undefined` for methods that name none. */
export function mcpResourceOf(method: string | undefined): { type: string; parameter: string } | undefined {
  const resources: Readonly<Record<string, { type: string; parameter: string }>> = MCP_RESOURCES;
  return method !== undefined && Object.hasOwn(resources, method) ? resources[method] : undefined;
}
