import type { ExecutionContext } from '@nestjs/common';
import { array, custom, function as callable, minLength, optional, pipe, union } from 'valibot';
import { count, isHeaderName, oneOf, orFalse, section, text } from '../contracts/index.js';

/** A function of the execution context; its result may be a promise. */
export type ContextFunction<T = unknown> = (context: ExecutionContext) => T | Promise<T>;

/**
 * How the library builds the input of a decision from a request.
 *
 * @example
 * ```ts
 * import { OpaModule } from 'nestjs-opa';
 *
 * OpaModule.forRoot({
 *   url: 'http://127.0.0.1:8181',
 *   input: { subject: ['id', 'roles'], headers: ['x-tenant'], body: { maxBytes: 65_536 } },
 * });
 * ```
 */
export interface OpaInputOptions {
  /** The shape of the input, or a function that builds the complete input. Default: `'default'`. */
  shape?: 'default' | 'authzen' | 'envoy' | 'contextforge' | ContextFunction;
  /**
   * The fields of the user that policies see, such as `['id', 'roles']`, or a function that returns the subject. A
   * function returns `undefined` for an anonymous client. Default: the complete `request.user`.
   */
  subject?: readonly string[] | ContextFunction;
  /**
   * The request headers that a policy sees beside `host`, `user-agent`, `content-type`, `accept`, `x-request-id` and
   * `traceparent`. A header with credentials is sent only when this list names it. Default: none.
   */
  headers?: readonly string[];
  /** Whether a policy sees the body. A body of more than `maxBytes` of JSON is left out. Default: `false`. */
  body?: false | { maxBytes: number };
  /**
   * The largest input of a request's decision, in bytes of JSON. A request with a larger input is refused with 413.
   * Default: 2 MiB.
   */
  maxBytes?: number;
  /**
   * The largest input of a response's decision, in bytes of JSON. A response with a larger input is refused with 500.
   * Default: 8 MiB.
   */
  maxResponseBytes?: number;
}

const headerName = custom((value) => typeof value === 'string' && isHeaderName(value), 'a header name');

const SHAPES = ['default', 'authzen', 'envoy', 'contextforge'] as const;
const shapeAccepted = `a function, or one of ${SHAPES.map((name) => `"${name}"`).join(', ')}`;

const subjectAccepted = 'a function of the execution context, or a list of fields';
const fieldNames = pipe(
  array(text('the name of a field'), subjectAccepted),
  minLength(1, 'at least one field'),
);

/** Validates {@link OpaInputOptions}. */
export const inputSchema = section({
  shape: optional(union([oneOf(...SHAPES), callable(shapeAccepted)], shapeAccepted)),
  subject: optional(union([callable(subjectAccepted), fieldNames], subjectAccepted)),
  headers: optional(array(headerName, 'a list of header names')),
  body: optional(orFalse(section({ maxBytes: count(1) }), 'an object with "maxBytes"')),
  maxBytes: optional(count(1)),
  maxResponseBytes: optional(count(1)),
});
