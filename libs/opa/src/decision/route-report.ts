import type { ContextKind } from '../contracts/index.js';

/**
 * How a handler is protected:
 *
 * - `guarded`: OpaGuard evaluates the handler's policies.
 * - `public`: the handler has `@OpaPublic`, and every request passes.
 * - `refused`: OpaGuard denies every request, because neither the handler nor the module names a policy.
 * - `open`: every request passes OpaGuard, because no policy is named and `unguarded` is `'allow'`.
 * - `decides`: the handler's code makes the decision (`@OpaDecides`).
 * - `not guarded`: no OpaGuard runs before the handler.
 */
export type RouteStatus = 'guarded' | 'public' | 'decides' | 'refused' | 'open' | 'not guarded';

/** One entry of the start-up audit: a handler and its policies. */
export interface RouteReport {
  /** The kind of context. */
  readonly kind: ContextKind;
  /** The route in the words of its kind: `GET /orders/:id`, `Query.order`, an event, a message pattern, a tool. */
  readonly route: string;
  /** The class and method. */
  readonly handler: string;
  /** How the handler is protected. */
  readonly status: RouteStatus;
  /** The policies that decide about the request. */
  readonly policies: readonly string[];
  /** The policy that decides about the result. */
  readonly response?: string | undefined;
  /** The name of the module instance that decides; `undefined` for the default instance. */
  readonly instance?: string | undefined;
  /** A warning, such as a global guard that does not run for this kind. */
  readonly note?: string | undefined;
}
