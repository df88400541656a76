import { RequestMethod } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import type { PlatformRequest } from '../http/client-request.js';

/** The path of the controller, without the application's global prefix. */
export const MCP_ROUTE = 'mcp/:name';

/** A request to `/mcp/{name}`. */
export type McpRouteRequest = PlatformRequest & { readonly params: { readonly name?: string } };

/** The name of the MCP server in the path; the empty text without a name. */
export const nameOf = ({ params }: McpRouteRequest): string => params.name ?? '';

/**
 * The global prefix of the application in front of {@link MCP_ROUTE}, with a slash in front. It is empty when there is
 * no prefix, and when `setGlobalPrefix` excludes the route.
 */
export function globalPrefixOf(application: ApplicationConfig): string {
  const { exclude = [] } = application.getGlobalPrefixOptions();
  // Nest compares an exclusion with the path of the controller, and the route serves every method.
  const isExcluded = exclude.some(
    ({ requestMethod, pathRegex }) => requestMethod === RequestMethod.ALL && pathRegex.test(`/${MCP_ROUTE}`),
  );
  const prefix = application.getGlobalPrefix().replace(/^\/|\/$/g, '');
  return isExcluded || prefix === '' ? '' : `/${prefix}`;
}
