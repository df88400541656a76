import type { DiscoveryService } from '@nestjs/core';

// The injection token of GraphQLModule's options. The library can't import it without the optional peer.
const OPTIONS = 'GqlModuleOptions';

/** The kinds of enhancers that Nest runs around GraphQL fields below the root: `guards`, `interceptors`, `filters`. */
export type FieldEnhancers = readonly string[];

/** Lists the enhancers that any GraphQL module runs around fields below the root; `undefined` without such a module. */
export function fieldEnhancers(discovery: DiscoveryService): FieldEnhancers | undefined {
  const modules = discovery.getProviders().filter(({ token }) => token === OPTIONS);
  if (modules.length === 0) return undefined;
  return modules.flatMap(
    ({ instance }) =>
      (instance as { fieldResolverEnhancers?: string[] } | null)?.fieldResolverEnhancers ?? [],
  );
}
