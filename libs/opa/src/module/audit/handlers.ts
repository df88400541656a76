import type { Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { AuditedApplication, MethodCandidate } from '../../contexts/index.js';
import { CONTEXTS } from '../../contexts/index.js';
import type { ContextKind } from '../../contracts/index.js';
import { providedClass } from './provided-class.js';

/** A handler that Nest calls for a request, message or event. */
export interface Handler {
  readonly kind: ContextKind;
  readonly route: string;
  readonly controller: Type;
  readonly method: MethodCandidate['method'];
}

/** The Nest services that find the handlers. */
export interface HandlerSources extends AuditedApplication {
  readonly scanner: MetadataScanner;
  readonly modules: ModulesContainer;
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

const KINDS = Object.keys(CONTEXTS) as ContextKind[];

/**
 * Finds every handler of an application, in the order of its modules.
 *
 * @param around - which enhancers Nest must run around a GraphQL field below the root. Only then is the field a handler
 */
export function handlersOf(sources: HandlerSources, around: 'guards' | 'interceptors' = 'guards'): Handler[] {
  const handlers = candidatesOf(sources).flatMap((candidate) =>
    KINDS.flatMap((kind) =>
      CONTEXTS[kind].audit
        .routes(candidate, sources, around)
        .map((route) => ({ kind, route, controller: candidate.controller, method: candidate.method })),
    ),
  );
  // Several modules may provide the same class. Keep each of its handlers once.
  const routesOf = new Map<Type, Set<string>>();
  return handlers.filter(({ kind, route, controller, method }) => {
    const routes = routesOf.get(controller) ?? new Set<string>();
    routesOf.set(controller, routes);
    return routes.size < routes.add(`${kind} ${route} ${method.name}`).size;
  });
}

/** Every method with metadata of the application's controllers and providers. */
export function candidatesOf(sources: HandlerSources): MethodCandidate[] {
  const { discovery } = sources;
  return [
    ...discovery.getControllers().flatMap((wrapper) => candidatesIn(wrapper, sources, true)),
    ...discovery.getProviders().flatMap((wrapper) => candidatesIn(wrapper, sources, false)),
  ];
}

function candidatesIn(
  wrapper: Wrapper,
  { scanner, modules }: HandlerSources,
  isController: boolean,
): MethodCandidate[] {
  const controller = providedClass(wrapper);
  if (controller === undefined) return [];
  // Nest connects WebSocket gateways and message handlers only of classes that Nest creates. Nest connects resolvers of
  // every provider.
  const isMadeByNest = !wrapper.isNotMetatype;
  const modulePath = modulePathOf(wrapper, modules);
  const prototype = controller.prototype as Record<string, unknown>;
  return scanner.getAllMethodNames(prototype).flatMap((key) => {
    const method = prototype[key];
    // Every Nest decorator adds metadata to the method. A method without metadata is no handler.
    if (typeof method !== 'function' || Reflect.getMetadataKeys(method).length === 0) return [];
    const handler = method as MethodCandidate['method'];
    return [{ controller, key, method: handler, isController, isMadeByNest, modulePath }];
  });
}

function modulePathOf({ host }: Wrapper, { applicationId }: ModulesContainer): string {
  const module = host?.metatype;
  if (module === undefined) return '';
  const path =
    pathMetadata(`__module_path__${applicationId}`, module) ?? pathMetadata('__module_path__', module);
  return typeof path === 'string' ? path : '';
}

// Nest does not export the key of this metadata.
const pathMetadata = (key: string, module: object): unknown => Reflect.getMetadata(key, module) as unknown;
