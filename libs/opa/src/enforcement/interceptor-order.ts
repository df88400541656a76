import { RequestMethod } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';

/** Marks the classes of interceptors that edit a handler's result; both builds of this library share the name. */
export const EDITS_RESULTS = Symbol.for('nestjs-opa:edits-results');

// Metadata of Nest and of @nestjs/cache-manager, which export no names for them or can't be imported here.
const INTERCEPTORS = '__interceptors__';
const ROUTE = 'method';
const CACHE_KEY = 'cache_module:cache_key';

/** The class of an interceptor, or what else provides it. */
export type InterceptorType = object & { readonly name?: string };

/**
 * The interceptors of a handler in the order in which Nest nests them: the first is the outermost.
 *
 * @remarks Global ones come first, those of request scope last among them; then the class's and the method's. Nest keeps
 * `APP_INTERCEPTOR` providers in the order of the modules, the root module first, and `app.useGlobalInterceptors()` after
 * them.
 * @param config - of the application; without it global interceptors are left out
 */
export function interceptorsOf(
  controller: object,
  method: object,
  config?: ApplicationConfig,
): InterceptorType[] {
  const global = config === undefined ? [] : globalInterceptors(config);
  return [...global, ...typesOf([...interceptorsOn(controller), ...interceptorsOn(method)])];
}

/**
 * The global interceptors of an application in their order.
 *
 * @param scope - `static` leaves out those that Nest makes for each request
 */
export function globalInterceptors(
  config: ApplicationConfig,
  scope: 'static' | 'every' = 'every',
): InterceptorType[] {
  // What a factory provides is known when it has made it, which is with the request.
  const scoped = config.getGlobalRequestInterceptors().map(({ metatype }): unknown => metatype);
  return typesOf([...config.getGlobalInterceptors(), ...(scope === 'static' ? [] : scoped)]);
}

function typesOf(interceptors: readonly unknown[]): InterceptorType[] {
  return interceptors
    .filter((interceptor): interceptor is object => isObject(interceptor))
    .map((interceptor) => (typeof interceptor === 'function' ? interceptor : classOf(interceptor)));
}

/** Tells whether interceptors of a class edit a handler's result by its policies. */
export function editsResults(type: InterceptorType): boolean {
  return EDITS_RESULTS in type;
}

/**
 * The interceptors that run outside the first one that edits results: they see what leaves after the decision.
 *
 * @returns `undefined` when none of them edits results
 */
export function outsideOf(types: readonly InterceptorType[]): InterceptorType[] | undefined {
  const index = types.findIndex(editsResults);
  return index < 0 ? undefined : types.slice(0, index);
}

/** Tells whether a class is the `CacheInterceptor` of `@nestjs/cache-manager`, or extends it. */
export function isCache(type: InterceptorType): boolean {
  for (let of: InterceptorType | null = type; of !== null; of = Object.getPrototypeOf(of) as object | null)
    if (Object.hasOwn(of, 'name') && of.name === 'CacheInterceptor') return true;
  return false;
}

/**
 * Tells whether an interceptor is a cache that may store a handler's result.
 *
 * @remarks `CacheInterceptor` itself caches `GET`, and whatever `@CacheKey()` names. A class that extends it may cache
 * anything.
 */
export function mayCache(type: InterceptorType, method: object): boolean {
  if (!isCache(type)) return false;
  if (type.name !== 'CacheInterceptor' || Reflect.hasMetadata(CACHE_KEY, method)) return true;
  const route: unknown = Reflect.getMetadata(ROUTE, method);
  return route === RequestMethod.GET || route === RequestMethod.ALL;
}

/** The interceptors that `@UseInterceptors` names on a class or method. */
export function interceptorsOn(on: object): unknown[] {
  return (Reflect.getMetadata(INTERCEPTORS, on) ?? []) as unknown[];
}

function isObject(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

// An interceptor that was made by hand, or by a test, may have no class of its own.
function classOf(instance: object): InterceptorType {
  const type: unknown = instance.constructor;
  return typeof type === 'function' && type !== Object ? type : instance;
}
