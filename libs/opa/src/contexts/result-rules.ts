import type { ExecutionContext } from '@nestjs/common';

/** How Nest sends a handler's result on one kind of context. */
export interface ResultRules {
  /**
   * Which values of a handler's Observable Nest sends: the `last` one, `each` value by itself, or each value as an
   * `event` of a stream (`@Sse()`).
   */
  leaves(context: ExecutionContext): 'last' | 'each' | 'event';
  /** Whether a result is the body of an HTTP reply. If so, the library may serialize the result itself. */
  readonly isReplyBody: boolean;
  /** Tells whether the handler returns its result, so that an interceptor can mask it. */
  isEditable(context: ExecutionContext): boolean;
  /** Whether Nest runs global interceptors around every handler, in every version and without `inheritAppConfig`. */
  readonly globalInterceptorsRun: boolean;
}
