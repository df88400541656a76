import { RequestMethod } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';

/** Marks interceptors that edit a handler's result. `Symbol.for` gives the ESM and the CommonJS build the same symbol. */
export const EDITS_RESULTS = Symbol.for('nestjs-opa:edits-results');

// Metadata keys of Nest, which does not export them, and of @nestjs/cache-manager, an optional peer.
const INTERCEPTORS = '__interceptors__';
const ROUTE = 'method';
const CACHE_KEY = 'cache_module:cache_key';

/** The class of an interceptor, or the instance when it has no class of its own. */
export type InterceptorType = object & { readonly name?: string };

/**
 * Lists the interceptors of a handler in the order in which Nest nests them: the first is the outermost.
 *
 * @remarks Global interceptors come first, and those of request scope are last among them. Then come those of the class and
 * of the method. Nest orders `APP_INTERCEPTOR` providers by module, the root module first; `app.useGlobalInterceptors()`
 * follows them.
 * @param config - the configuration of the application; without it the list has no global interceptors
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
 * Lists the global interceptors of an application in their order.
 *
 * @param scope - `static` leaves out interceptors of request scope
 */
export function globalInterceptors(
  config: ApplicationConfig,
  scope: 'static' | 'every' = 'every',
): InterceptorType[] {
  // An interceptor of a request-scoped factory has no known class before a request.
  const scoped = config.getGlobalRequestInterceptors().map(({ metatype }): unknown => metatype);
  return typesOf([...config.getGlobalInterceptors(), ...(scope === 'static' ? [] : scoped)]);
}

function typesOf(interceptors: readonly unknown[]): InterceptorType[] {
  return interceptors
    .filter((interceptor): interceptor is object => isObject(interceptor))
    .map((interceptor) => (typeof interceptor === 'function' ? interceptor : classOf(interceptor)));
}

/** Tells whether interceptors of a class edit a handler's result as its policies demand. */
export function editsResults(type: InterceptorType): boolean {
  return EDITS_RESULTS in type;
}

/**
 * Lists the interceptors outside the first one that edits results. They handle the result after the decision.
 *
 * @returns `undefined` when no interceptor edits results
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

/** Lists the interceptors that `@UseInterceptors` names on a class or method. */
export function interceptorsOn(target: object): unknown[] {
  return (Reflect.getMetadata(INTERCEPTORS, target) ?? []) as unknown[];
}

function isObject(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

// An interceptor may be an object literal, which has no class of its own.
function classOf(instance: object): InterceptorType {
  const type: unknown = instance.constructor;
  return typeof type === 'function' && type !== Object ? type : instance;
}
