import type { Type } from '@nestjs/common';
import type {
  ApplicationConfig,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
  ModulesContainer,
} from '@nestjs/core';
import type { RouteReport } from '../../decision/index.js';
import { BELOW_ROOT, fieldEnhancers } from '../resolver.check.js';
import { httpRoutes } from '../../contexts/http/routes.js';
import { meta } from '../../contexts/metadata.js';
import { providedClass } from './provided-class.js';

/** A handler that Nest calls from outside. */
export interface Handler {
  readonly kind: RouteReport['kind'];
  readonly route: string;
  readonly controller: Type;
  readonly method: (...args: never[]) => unknown;
}

/** What the handlers are found with. */
export interface HandlerSources {
  readonly config: ApplicationConfig;
  readonly discovery: DiscoveryService;
  readonly scanner: MetadataScanner;
  readonly modules: ModulesContainer;
  readonly host: HttpAdapterHost | undefined;
}

type Found = Pick<Handler, 'kind' | 'route'>;
type Method = Handler['method'];
type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/**
 * Finds every handler of an application, in the order of its modules.
 *
 * @param around - what Nest must run around a GraphQL field below the root for it to count
 */
export function handlersOf(sources: HandlerSources, around: 'guards' | 'interceptors' = 'guards'): Handler[] {
  const { discovery } = sources;
  const withFields = fieldEnhancers(discovery)?.includes(around) ?? false;
  const found = [...discovery.getControllers(), ...discovery.getProviders()].flatMap((wrapper) =>
    handlersIn(wrapper, sources, withFields),
  );
  // A class may be a provider of several modules.
  const known = new Map<Type, Set<string>>();
  return found.filter(({ kind, route, controller, method }) => {
    const routes = known.get(controller) ?? new Set<string>();
    known.set(controller, routes);
    return routes.size < routes.add(`${kind} ${route} ${method.name}`).size;
  });
}

function handlersIn(
  wrapper: Wrapper,
  { scanner, discovery, ...nest }: HandlerSources,
  withFields: boolean,
): Handler[] {
  const controller = providedClass(wrapper);
  if (controller === undefined) return [];
  const asController = discovery.getControllers().includes(wrapper);
  const place = { config: nest.config, modulePath: modulePathOf(wrapper, nest.modules) };
  // Nest connects gateways and messages by the class that it makes, and resolvers by what is provided.
  const isMade = !wrapper.isNotMetatype;
  const prototype = controller.prototype as Record<string, unknown>;
  return scanner.getAllMethodNames(prototype).flatMap((name) => {
    const method = prototype[name];
    // Every decorator of Nest puts metadata on the method. Most methods have none: the lookups below are skipped for them.
    if (typeof method !== 'function' || Reflect.getMetadataKeys(method).length === 0) return [];
    const served = asController && nest.host?.httpAdapter !== undefined;
    const http = served ? httpRoutes(controller, method, place) : [];
    return [
      ...http.map((route): Found => ({ kind: 'http', route })),
      ...(mcp(method as Method) ?? (asController ? messages(method as Method) : [])),
      ...(isMade ? event(method as Method, controller) : []),
      ...field(method as Method, controller, withFields),
    ].map((one) => ({ ...one, controller, method: method as Method }));
  });
}

function modulePathOf({ host }: Wrapper, { applicationId }: ModulesContainer): string {
  const module = host?.metatype;
  if (module === undefined) return '';
  const path = meta(`__module_path__${applicationId}`, module) ?? meta('__module_path__', module);
  return typeof path === 'string' ? path : '';
}

function mcp(method: Method): [Found] | undefined {
  for (const type of ['tool', 'resource', 'resource-template', 'prompt']) {
    const declared = meta(`mcp:${type}`, method) as { name?: string; uri?: string } | undefined;
    if (declared !== undefined)
      return [{ kind: 'mcp', route: `${type} ${declared.name ?? declared.uri ?? method.name}` }];
  }
  return undefined;
}

function messages(method: Method): Found[] {
  const patterns = (meta('microservices:pattern', method) ?? []) as unknown[];
  return patterns.map((pattern) => {
    if (typeof pattern === 'object' && pattern !== null && 'rpc' in pattern && 'service' in pattern)
      return { kind: 'grpc', route: `${String(pattern.service)}/${String(pattern.rpc)}` };
    return { kind: 'rpc', route: typeof pattern === 'string' ? pattern : JSON.stringify(pattern) };
  });
}

function event(method: Method, controller: Type): Found[] {
  if (meta('websockets:message_mapping', method) !== true) return [];
  if (meta('websockets:is_gateway', controller) !== true) return [];
  return [{ kind: 'ws', route: String(meta('message', method)) }];
}

const ROOT: readonly unknown[] = ['Query', 'Mutation', 'Subscription'];

// Fields below the root are no way in; where Nest runs guards or interceptors around them, each is decided.
function field(method: Method, controller: Type, withFields: boolean): Found[] {
  const declared = meta('graphql:resolver_type', method);
  const name = meta('graphql:resolver_name', method);
  const isRoot = ROOT.includes(declared);
  const isBelow = BELOW_ROOT.some((key) => meta(key, method) === true);
  if (!isRoot && !(isBelow && withFields)) return [];
  const type = isRoot ? declared : (declared ?? meta('graphql:resolver_type', controller));
  return [{ kind: 'graphql', route: `${String(type)}.${typeof name === 'string' ? name : method.name}` }];
}
