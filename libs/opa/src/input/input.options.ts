import type { ExecutionContext } from '@nestjs/common';
import { z } from 'zod';
import { count, isHeaderName, orFalse, section } from '../contracts/index.js';

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

const fn = <T>(error: string) => z.custom<T>((value) => typeof value === 'function', { error });

const headerName = z.custom<string>(isHeaderName, { error: 'a header name' });

const shapes = ['default', 'authzen', 'envoy', 'contextforge'] as const;
const shapeError = `a function, or one of ${shapes.map((name) => `"${name}"`).join(', ')}`;

const subjectError = 'a function of the execution context, or a list of fields';
const field = z.string({ error: 'the name of a field' }).min(1, { error: 'the name of a field' });

/** Accepts {@link OpaInputOptions}. */
export const inputSchema = section({
  shape: z.union([z.enum(shapes), fn<ContextFunction>(shapeError)], { error: shapeError }).optional(),
  subject: z
    .union(
      [
        fn<ContextFunction>(subjectError),
        z.array(field, { error: subjectError }).min(1, { error: 'at least one field' }),
      ],
      {
        error: subjectError,
      },
    )
    .optional(),
  headers: z.array(headerName, { error: 'a list of header names' }).optional(),
  body: orFalse(section({ maxBytes: count(1) }), 'an object with "maxBytes"').optional(),
  maxBytes: count(1).optional(),
  maxResponseBytes: count(1).optional(),
});
