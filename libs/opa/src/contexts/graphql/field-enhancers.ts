import type { DiscoveryService } from '@nestjs/core';

// The options of GraphQLModule; a module without that peer cannot import the token.
const OPTIONS = 'GqlModuleOptions';

/** What Nest runs around GraphQL fields below the root: `guards`, `interceptors`, `filters`. */
export type FieldEnhancers = readonly string[];

/** What the application's GraphQL modules run around fields below the root; `undefined` when there are no modules. */
export function fieldEnhancers(discovery: DiscoveryService): FieldEnhancers | undefined {
  const modules = discovery.getProviders().filter(({ token }) => token === OPTIONS);
  if (modules.length === 0) return undefined;
  return modules.flatMap(
    ({ instance }) =>
      (instance as { fieldResolverEnhancers?: string[] } | null)?.fieldResolverEnhancers ?? [],
  );
}
