/** The first path segments of the gateway's own routes. */
export const ROOTS = ['admin', 'api', 'health', 'mcp', '.well-known'] as const;
