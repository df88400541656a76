import type { Type } from '@nestjs/common';
import type { ApplicationConfig, DiscoveryService, HttpAdapterHost } from '@nestjs/core';

/** The parts of the application that the audit of a context reads. */
export interface AuditedApplication {
  readonly config: ApplicationConfig;
  readonly discovery: DiscoveryService;
  /** Holds an HTTP adapter when the application serves HTTP. */
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
  /** The path prefix that the RouterModule sets for the module; empty without one. */
  readonly modulePath: string;
}

/** The parts of a handler's declaration that the audit of a context reads. */
export interface DeclaredPolicies {
  /** Whether the handler or its class has a response policy. */
  readonly hasResponse: boolean;
  /** Whether the handler itself, rather than its class, names request policies. */
  readonly namesOwnPolicies: boolean;
}

/**
 * Which of the application's global guards and interceptors Nest runs around a kind of handler. `static` means those
 * that are not of request scope.
 */
export type GlobalReach =
  | { readonly scopes: 'every' | 'static' }
  /** The audit can be sure of none. `why` ends a sentence that begins with "the global OpaGuard": reason and fix. */
  | { readonly scopes: 'none'; readonly why: string };

/** The facts about one kind of context that the checks at start-up need. */
export interface ContextAudit {
  /**
   * Lists the routes of a method, in the terms of this kind. The list is empty when the method is not a handler of it.
   *
   * @param around - a GraphQL field below the root counts as a handler only when Nest runs these around the field
   */
  routes(
    candidate: MethodCandidate,
    application: AuditedApplication,
    around: 'guards' | 'interceptors',
  ): readonly string[];
  /** Tells which global guards and interceptors Nest runs around handlers of this kind. */
  globalReach(application: AuditedApplication): GlobalReach;
  /**
   * Tells why OPA would never evaluate the policy of a method.
   *
   * @returns the end of a sentence that begins with the method's name; `undefined` when OPA evaluates the policy
   */
  neverEvaluated(
    candidate: MethodCandidate,
    declared: DeclaredPolicies,
    application: AuditedApplication,
  ): string | undefined;
}
