import type { Type } from '@nestjs/common';
import type { ApplicationConfig, DiscoveryService, HttpAdapterHost } from '@nestjs/core';

/** What the audit of a context reads of the application. */
export interface AuditedApplication {
  readonly config: ApplicationConfig;
  readonly discovery: DiscoveryService;
  /** Has an adapter where the application serves HTTP. */
  readonly host: HttpAdapterHost | undefined;
}

/** A method of a controller or provider that may be a handler. */
export interface MethodCandidate {
  readonly controller: Type;
  readonly key: string;
  readonly method: (...args: never[]) => unknown;
  /** Whether a module lists the class in `controllers`. */
  readonly isController: boolean;
  /** Whether Nest made the instance from the class itself, rather than from `useFactory` or `useValue`. */
  readonly isMadeByNest: boolean;
  /** What the RouterModule puts before the routes of the module; empty without one. */
  readonly modulePath: string;
}

/** What a handler declares, as far as the audit of a context reads it. */
export interface DeclaredPolicies {
  /** Whether the handler or its class has a response policy. */
  readonly hasResponse: boolean;
  /** Whether the handler itself names policies of the request. */
  readonly namesOwnPolicies: boolean;
}

/** Which of the application's global guards or interceptors Nest runs around a kind of handler. */
export type GlobalReach =
  | { readonly scopes: 'every' | 'static' }
  /** None that the audit can be sure of; `why` says so, and what to do, after "the global OpaGuard". */
  | { readonly scopes: 'none'; readonly why: string };

/** What the checks at start-up ask about one kind of context. */
export interface ContextAudit {
  /**
   * The routes of a method, in the kind's own terms; empty when the method is no handler of this kind.
   *
   * @param around - what Nest must run around a GraphQL field below the root, so that the field counts as a handler
   */
  routes(
    candidate: MethodCandidate,
    application: AuditedApplication,
    around: 'guards' | 'interceptors',
  ): readonly string[];
  /** Which global guards and interceptors reach the handlers of this kind. */
  globalReach(application: AuditedApplication): GlobalReach;
  /**
   * Tells why the policy of a method would never be asked, although it looks guarded.
   *
   * @returns the end of a sentence that begins with the method's name; `undefined` when the policy is asked
   */
  neverAsked(
    candidate: MethodCandidate,
    declared: DeclaredPolicies,
    application: AuditedApplication,
  ): string | undefined;
}
