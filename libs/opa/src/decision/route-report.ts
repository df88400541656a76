import type { ContextKind } from '../contracts/index.js';

/**
 * How a handler stands:
 *
 * - `guarded`: an OpaGuard asks its policies.
 * - `public`: everyone is let in (`@OpaPublic`), with an OpaGuard or without.
 * - `refused`: an OpaGuard refuses everyone, for no policy is named and there is no default one.
 * - `open`: an OpaGuard lets everyone in, for no policy is named and `unguarded` is `'allow'`.
 * - `decides`: the handler asks in its own code (`@OpaDecides`), with an OpaGuard or without.
 * - `not guarded`: no OpaGuard covers it.
 */
export type RouteStatus = 'guarded' | 'public' | 'decides' | 'refused' | 'open' | 'not guarded';

/** One line of the start-up audit: a route, handler or pattern, and what decides it. */
export interface RouteReport {
  readonly kind: ContextKind;
  /** In the kind's own terms: `GET /orders/:id`, `Query.order`, an event, a pattern, a tool. */
  readonly route: string;
  /** The class and method. */
  readonly handler: string;
  readonly status: RouteStatus;
  /** The policies that are asked. */
  readonly policies: readonly string[];
  /** The policy that is asked about the result. */
  readonly response?: string | undefined;
  /** The module instance that decides; none for the unnamed one. */
  readonly instance?: string | undefined;
  /** What isn't as it may seem, such as a global guard that doesn't reach this kind. */
  readonly note?: string | undefined;
}
