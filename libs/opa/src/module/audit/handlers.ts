import type { Type } from '@nestjs/common';
import { RequestMethod } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { RouteReport } from '../../decision/index.js';

/** A handler that Nest calls from outside. */
export interface Handler {
  readonly kind: RouteReport['kind'];
  readonly route: string;
  readonly controller: Type;
  readonly method: (...args: never[]) => unknown;
}

type Found = Pick<Handler, 'kind' | 'route'>;
type Method = Handler['method'];

// Nest's own metadata; it exports no names for them.
const meta = (key: string, on: object): unknown => Reflect.getMetadata(key, on) as unknown;

/** Finds every handler of an application, in the order of its modules. */
export function handlersOf(discovery: DiscoveryService, scanner: MetadataScanner, prefix: string): Handler[] {
  const controllers = discovery.getControllers();
  const classes = new Set(
    [...controllers, ...discovery.getProviders()]
      .map(({ metatype }) => metatype)
      .filter((metatype): metatype is Type => typeof metatype === 'function'),
  );
  return [...classes].flatMap((controller) => {
    const prototype = controller.prototype as Record<string, unknown> | undefined;
    return prototype === undefined
      ? []
      : scanner.getAllMethodNames(prototype).flatMap((name) => {
          const method = prototype[name];
          if (typeof method !== 'function') return [];
          return routesOf(controller, method as Method, prefix).map((found) => ({
            ...found,
            controller,
            method: method as Method,
          }));
        });
  });
}

function routesOf(controller: Type, method: Method, prefix: string): Found[] {
  for (const find of [mcp, message, event, field]) {
    const found = find(method, controller);
    if (found !== undefined) return [found];
  }
  return http(controller, method, prefix);
}

function http(controller: Type, method: Method, prefix: string): Found[] {
  const verb = meta('method', method);
  if (typeof verb !== 'number') return [];
  const outer = texts(meta('path', controller));
  const inner = texts(meta('path', method));
  return outer.flatMap((base) =>
    inner.map((path) => ({
      kind: 'http' as const,
      route: `${RequestMethod[verb]} ${joined(prefix, base, path)}`,
    })),
  );
}

function mcp(method: Method): Found | undefined {
  for (const type of ['tool', 'resource', 'resource-template', 'prompt']) {
    const declared = meta(`mcp:${type}`, method) as { name?: string; uri?: string } | undefined;
    if (declared !== undefined)
      return { kind: 'mcp', route: `${type} ${declared.name ?? declared.uri ?? method.name}` };
  }
  return undefined;
}

function message(method: Method): Found | undefined {
  const patterns = meta('microservices:pattern', method);
  if (patterns === undefined) return undefined;
  const [first] = [patterns].flat() as unknown[];
  if (typeof first === 'object' && first !== null && 'rpc' in first && 'service' in first)
    return { kind: 'grpc', route: `${String(first.service)}/${String(first.rpc)}` };
  return { kind: 'rpc', route: typeof first === 'string' ? first : JSON.stringify(first) };
}

function event(method: Method, controller: Type): Found | undefined {
  if (meta('websockets:message_mapping', method) !== true) return undefined;
  if (meta('websockets:is_gateway', controller) !== true) return undefined;
  return { kind: 'ws', route: String(meta('message', method)) };
}

function field(method: Method): Found | undefined {
  const type = meta('graphql:resolver_type', method);
  if (type !== 'Query' && type !== 'Mutation' && type !== 'Subscription') return undefined;
  const name = meta('graphql:resolver_name', method);
  return { kind: 'graphql', route: `${type}.${typeof name === 'string' ? name : method.name}` };
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
