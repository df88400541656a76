import type { ExecutionContext } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { graphqlCall, kindOf } from '../../contexts/index.js';
import { editsResults, interceptorsOf, isCache, outsideOf } from '../interceptor-order.js';

// Nest's own metadata; it exports no names for them.
const ROUTE_ARGUMENTS = '__routeArguments__';
const PASSTHROUGH = '__responsePassthrough__';
const RESPONSE_PARAMETER = '1';
const NEXT_PARAMETER = '2';
const IS_MESSAGE = 'websockets:message_mapping';
const ACK_PARAMETER = '13';
const PATTERNS = 'microservices:pattern';
const STREAM_CALL = 'pt_stream';

/**
 * Tells whether an interceptor that edits results surely runs around a handler, so that a mask can be left to it.
 *
 * @remarks Global interceptors count on HTTP and GraphQL; whether they reach gateways and microservices depends on
 * Nest's version and on `inheritAppConfig`. None runs around a GraphQL field below the root unless
 * `fieldResolverEnhancers` says so, which can't be seen from here. Around a cache none runs when the cache has the answer.
 */
export function resultIsEdited(context: ExecutionContext, config: ApplicationConfig): boolean {
  const kind = kindOf(context);
  if (kind !== 'graphql' && !answersByResult(context)) return false;
  if (kind === 'graphql' && (isSubscription(context) || !isRootField(context))) return false;
  const reached = kind === 'http' || kind === 'graphql';
  const every = interceptorsOf(context.getClass(), context.getHandler(), config);
  const certain = reached ? every : interceptorsOf(context.getClass(), context.getHandler());
  return certain.some(editsResults) && outsideOf(every)?.some(isCache) !== true;
}

/**
 * Tells whether a method answers by itself: `@Res()` without `passthrough`, `@Next()`, `@Ack()` on a gateway, or
 * `@GrpcStreamCall()`.
 */
export function takesResponseOver(controller: object, method: string): boolean {
  const handler = (controller as { readonly prototype: Record<string, object | undefined> }).prototype[
    method
  ];
  if (handler !== undefined && isStreamCall(handler)) return true;
  if (Reflect.getMetadata(PASSTHROUGH, controller, method) === true) return false;
  // Its keys are `kind:index`.
  const parameters = Object.keys((Reflect.getMetadata(ROUTE_ARGUMENTS, controller, method) ?? {}) as object);
  const own =
    handler !== undefined && isMessage(handler) ? [ACK_PARAMETER] : [RESPONSE_PARAMETER, NEXT_PARAMETER];
  return parameters.some((name) => own.includes(name.split(':', 1)[0] ?? ''));
}

/** Tells whether a method is a gateway's, for a client's messages. */
export function isMessage(method: object): boolean {
  return Reflect.getMetadata(IS_MESSAGE, method) === true;
}

function isStreamCall(handler: object): boolean {
  const patterns = (Reflect.getMetadata(PATTERNS, handler) ?? []) as unknown[];
  return patterns.some((one) => (one as { streaming?: unknown } | null)?.streaming === STREAM_CALL);
}

function answersByResult(context: ExecutionContext): boolean {
  const controller = context.getClass();
  const method = methodName(controller.prototype as object, context.getHandler());
  return method !== undefined && !takesResponseOver(controller, method);
}

// A wrapped method, as of some instrumentation, is another function under the same name.
function methodName(prototype: object, handler: { name: string }): string | undefined {
  for (let of: object | null = prototype; of !== null; of = Object.getPrototypeOf(of) as object | null) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(of)))
      if (value === handler) return key;
  }
  return handler.name in prototype ? handler.name : undefined;
}

// Its result is the stream of items, which the interceptor doesn't look into.
function isSubscription(context: ExecutionContext): boolean {
  return graphqlCall(context).info.operation.operation === 'subscription';
}

function isRootField(context: ExecutionContext): boolean {
  const { info } = graphqlCall(context);
  return info.path !== undefined && info.path.prev === undefined;
}
