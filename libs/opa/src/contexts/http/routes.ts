import type { Type } from '@nestjs/common';
import { RequestMethod, VersioningType } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { routeTemplate } from '../../input/index.js';
import { nestMetadata } from '../nest-metadata.js';

/** Where a controller stands. */
export interface Place {
  readonly config: ApplicationConfig;
  /** What the RouterModule puts before the routes of the controller's module. */
  readonly modulePath: string;
}

/** The routes of a method as the application serves them, such as `GET /api/v1/orders/:id`; none when it has none. */
export function httpRoutes(controller: Type, method: object, { config, modulePath }: Place): string[] {
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

// Versions of the other kinds are not in the path, nor is VERSION_NEUTRAL, a symbol.
function versionsOf(controller: Type, method: object, config: ApplicationConfig): string[] {
  const options = config.getVersioning();
  if (options?.type !== VersioningType.URI) return [''];
  const { prefix = 'v', defaultVersion } = options;
  const version =
    nestMetadata('__version__', method) ?? nestMetadata('__version__', controller) ?? defaultVersion;
  return [version]
    .flat()
    .map((one) => (typeof one === 'string' ? `${prefix === false ? '' : prefix}${one}` : ''));
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
