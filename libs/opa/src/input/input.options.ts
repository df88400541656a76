import type { ExecutionContext } from '@nestjs/common';
import { array, custom, function as callable, minLength, optional, pipe, union } from 'valibot';
import { count, isHeaderName, oneOf, orFalse, section, text } from '../contracts/index.js';

/** A function of the execution context; its result may be a promise. */
export type ContextFunction<T = unknown> = (context: ExecutionContext) => T | Promise<T>;

/** How the input of a decision is built from a request. */
export interface OpaInputOptions {
  /** The form of the input, or a function that builds the whole of it. Default: `'default'`. */
  shape?: 'default' | 'authzen' | 'envoy' | 'contextforge' | ContextFunction;
  /**
   * The fields of the user that policies see, such as `['id', 'roles']`, or a function that gives the subject, where
   * `undefined` means anonymous. Default: `request.user`, whole.
   */
  subject?: readonly string[] | ContextFunction;
  /**
   * The request headers that a policy sees beside `host`, `user-agent`, `content-type`, `accept`, `x-request-id` and
   * `traceparent`. Credentials go only when they are named. Default: none.
   */
  headers?: readonly string[];
  /** Whether a policy sees the body, and up to how many bytes of JSON. Default: `false`. */
  body?: false | { maxBytes: number };
  /**
   * The largest input of a request's decision, in bytes of JSON; a larger one is refused with 413. Default: 2 MiB.
   */
  maxBytes?: number;
  /** The same for inputs that hold a result; a larger one is refused with 500. Default: 8 MiB. */
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

/** Accepts {@link OpaInputOptions}. */
export const inputSchema = section({
  shape: optional(union([oneOf(...SHAPES), callable(shapeAccepted)], shapeAccepted)),
  subject: optional(union([callable(subjectAccepted), fieldNames], subjectAccepted)),
  headers: optional(array(headerName, 'a list of header names')),
  body: optional(orFalse(section({ maxBytes: count(1) }), 'an object with "maxBytes"')),
  maxBytes: optional(count(1)),
  maxResponseBytes: optional(count(1)),
});
