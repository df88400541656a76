import type { ExecutionContext } from '@nestjs/common';

/** How a handler's result leaves on one kind of context. */
export interface ResultRules {
  /**
   * Which values of a handler's Observable leave: the `last` one, `each` value by itself, or each as an `event` of a
   * stream (`@Sse()`).
   */
  leaves(context: ExecutionContext): 'last' | 'each' | 'event';
  /** Whether a result is the body of an HTTP reply, so that the library may write the text itself. */
  readonly isReplyBody: boolean;
  /** Tells whether the handler leaves its result to interceptors, so that one of them can mask it. */
  isEditable(context: ExecutionContext): boolean;
  /** Whether global interceptors surely run around every handler, whatever Nest's version and `inheritAppConfig`. */
  readonly globalInterceptorsRun: boolean;
}
