import type { ExecutionContext } from '@nestjs/common';
import { hasParameter, methodKey } from '../route-arguments.js';
import type { ResultRules } from '../result-rules.js';

// Metadata of Nest. Nest does not export the keys.
const SSE = '__sse__';
const PASSTHROUGH = '__responsePassthrough__';
const RESPONSE_PARAMETER = '1';
const NEXT_PARAMETER = '2';

/** The results of HTTP handlers: the body of the reply, or the events of a stream. */
export const httpResults: ResultRules = {
  leaves: (context) => (Reflect.hasMetadata(SSE, context.getHandler()) ? 'event' : 'last'),
  isReplyBody: true,
  globalInterceptorsRun: true,
  isEditable: (context) => returnsResult(context),
};

function returnsResult(context: ExecutionContext): boolean {
  const controller = context.getClass();
  const key = methodKey(controller.prototype as object, context.getHandler());
  return key !== undefined && !answersItself(controller, key);
}

/** Tells whether a method sends the reply itself: `@Res()` without `passthrough`, or `@Next()`. */
export function answersItself(controller: object, key: string): boolean {
  if (Reflect.getMetadata(PASSTHROUGH, controller, key) === true) return false;
  return hasParameter(controller, key, RESPONSE_PARAMETER, NEXT_PARAMETER);
}
