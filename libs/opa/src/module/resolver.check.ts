import type { Type } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { declarationOf } from '../decorators/index.js';

// @nestjs/graphql's own metadata and token, which a module without that peer can't import.
const OPTIONS = 'GqlModuleOptions';
const TYPE = 'graphql:resolver_type';

/** What marks GraphQL fields below the root, and resolvers of references between subgraphs. */
export const BELOW_ROOT = ['graphql:resolve_property', 'graphql:resolve_reference'];

/** What Nest runs around GraphQL fields below the root: `guards`, `interceptors`, `filters`. */
export type FieldEnhancers = readonly string[];

/** What the application's GraphQL modules run around fields below the root; `undefined` when there are none. */
export function fieldEnhancers(discovery: DiscoveryService): FieldEnhancers | undefined {
  const modules = discovery.getProviders().filter(({ token }) => token === OPTIONS);
  if (modules.length === 0) return undefined;
  return modules.flatMap(
    ({ instance }) =>
      (instance as { fieldResolverEnhancers?: string[] } | null)?.fieldResolverEnhancers ?? [],
  );
}

/** Tells why a resolver's policy would never be asked, and what to do about it; `undefined` when it would be. */
export function unaskedPolicy(
  resolver: Type,
  handler: (...args: never[]) => unknown,
  enhancers: FieldEnhancers,
): string | undefined {
  const response = declarationOf(handler, resolver)?.response;
  if (response !== undefined && Reflect.getMetadata(TYPE, handler) === 'Subscription')
    return (
      'is a subscription beside a response policy, which would never see the items. ' +
      'Give it an @OpaPolicy of its own without "response".'
    );
  if (!BELOW_ROOT.some((key) => Reflect.hasMetadata(key, handler))) return undefined;
  if (response !== undefined && !enhancers.includes('interceptors')) return notRun('interceptors');
  // A class's policy is for its queries and mutations too; only a field's own is surely meant for the field.
  const own = declarationOf(handler, Object)?.policies ?? [];
  return own.length > 0 && !enhancers.includes('guards') ? notRun('guards') : undefined;
}

function notRun(what: string): string {
  return (
    `is a GraphQL field below the root, around which Nest runs no ${what}: its policy would never be asked. ` +
    `Add '${what}' to the option "fieldResolverEnhancers" of the GraphQL module, or take the policy away.`
  );
}
