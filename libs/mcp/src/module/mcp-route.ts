import type { PlatformRequest } from '../http/client-request.js';

/** A request to `/mcp/{name}`. */
export type McpRouteRequest = PlatformRequest & { readonly params: { readonly name?: string } };

/** The name of the MCP server in the path. */
export const nameOf = ({ params }: McpRouteRequest): string => params.name ?? '';
