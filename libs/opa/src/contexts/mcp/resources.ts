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
