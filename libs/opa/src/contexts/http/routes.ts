import type { Type } from '@nestjs/common';
import { RequestMethod, VersioningType } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { routeTemplate } from '../../input/index.js';
import { nestMetadata } from '../nest-metadata.js';

/** What the routes of a controller depend on, beside its decorators. */
export interface RouteScope {
  readonly config: ApplicationConfig;
  /** The path prefix that the RouterModule sets for the controller's module. */
  readonly modulePath: string;
}

/** Lists the routes of a method as the application serves them, such as `GET /api/v1/orders/:id`. */
export function httpRoutes(controller: Type, method: object, { config, modulePath }: RouteScope): string[] {
  const verb = nestMetadata('method', method);
  if (typeof verb !== 'number') return [];
  const routes = versionsOf(controller, method, config).flatMap((version) =>
    texts(nestMetadata('path', controller)).flatMap((outer) =>
      texts(nestMetadata('path', method)).map((inner) => ({
        version,
        path: joined(modulePath, outer, inner),
      })),
    ),
  );
  return routes.map(({ version, path }) => {
    const prefix = isExcluded(config, verb, path) ? '' : config.getGlobalPrefix();
    return `${String(RequestMethod[verb])} ${routeTemplate(joined(prefix, version, path))}`;
  });
}

// Only URI versioning puts the version in the path. VERSION_NEUTRAL, a symbol, is not in the path either.
function versionsOf(controller: Type, method: object, config: ApplicationConfig): string[] {
  const options = config.getVersioning();
  if (options?.type !== VersioningType.URI) return [''];
  const { prefix = 'v', defaultVersion } = options;
  const version =
    nestMetadata('__version__', method) ?? nestMetadata('__version__', controller) ?? defaultVersion;
  return [version]
    .flat()
    .map((value) => (typeof value === 'string' ? `${prefix === false ? '' : prefix}${value}` : ''));
}

function isExcluded(config: ApplicationConfig, verb: number, path: string): boolean {
  const excluded = config.getGlobalPrefixOptions().exclude ?? [];
  return excluded.some(
    ({ requestMethod, pathRegex }) =>
      [RequestMethod.ALL, verb].includes(requestMethod) && pathRegex.test(path),
  );
}

function texts(path: unknown): string[] {
  return ([path ?? ''].flat() as unknown[]).map(String);
}

function joined(...parts: string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
}
