import { RequestMethod } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { PlatformRequest } from '../http/client-request.js';

/** The path of the controller, without the application's global prefix. */
export const MCP_ROUTE = 'mcp/:name';

/** The HTTP methods that an MCP server has. */
export const METHODS = 'POST, GET, DELETE';

/** The key of the metadata in which Nest's `RouterModule` stores the path of a module. Nest exports no function for it. */
const MODULE_PATH = '__module_path__';

/** A request to `/mcp/{name}`. */
export type McpRouteRequest = PlatformRequest & { readonly params: { readonly name?: string } };

/** The name of the MCP server in the path; the empty text without a name. */
export const nameOf = ({ params }: McpRouteRequest): string => params.name ?? '';

/**
 * The path in front of {@link MCP_ROUTE}, with a slash in front: the application's global prefix, unless `setGlobalPrefix`
 * excludes the route, and the path that `RouterModule` gives the module. It is empty without both.
 */
export function routePrefixOf(
  application: ApplicationConfig,
  { applicationId }: ModulesContainer,
  module: Type | undefined,
): string {
  const modulePath = [MODULE_PATH + applicationId, MODULE_PATH]
    .map((key) => (module && Reflect.getMetadata(key, module)) as string | undefined)
    .find((path) => path !== undefined);
  const path = withSlash(modulePath ?? '');
  const { exclude = [] } = application.getGlobalPrefixOptions();
  // Nest compares an exclusion with the path without the global prefix, and the route serves every method.
  const isExcluded = exclude.some(
    ({ requestMethod, pathRegex }) =>
      requestMethod === RequestMethod.ALL && pathRegex.test(`${path}/${MCP_ROUTE}`),
  );
  return isExcluded ? path : withSlash(application.getGlobalPrefix()) + path;
}

function withSlash(path: string): string {
  const plain = path.replace(/^\/+|\/+$/g, '');
  return plain === '' ? '' : `/${plain}`;
}
