import type { AuditedApplication, ContextAudit, DeclaredPolicies, MethodCandidate } from '../audit.js';
import { nestMetadata } from '../nest-metadata.js';
import { fieldEnhancers } from './field-enhancers.js';

// Metadata keys of @nestjs/graphql, an optional peer. The library can't import them without the peer.
const TYPE = 'graphql:resolver_type';
const NAME = 'graphql:resolver_name';
/** The metadata keys of fields below the root, and of reference resolvers in federated subgraphs. */
const BELOW_ROOT = ['graphql:resolve_property', 'graphql:resolve_reference'];
const ROOT_TYPES: readonly unknown[] = ['Query', 'Mutation', 'Subscription'];

/** The audit of GraphQL resolvers. */
export const graphqlAudit: ContextAudit = {
  routes,
  globalReach: () => ({ scopes: 'every' }),
  neverEvaluated,
};

// A client reaches a field below the root only through a root field, so it counts only where Nest runs enhancers around it.
function routes(
  { controller, method }: MethodCandidate,
  { discovery }: AuditedApplication,
  around: 'guards' | 'interceptors',
): string[] {
  const declaredType = nestMetadata(TYPE, method);
  const name = nestMetadata(NAME, method);
  const isRoot = ROOT_TYPES.includes(declaredType);
  const counts = isRoot || (isBelowRoot(method) && fieldEnhancers(discovery)?.includes(around) === true);
  if (!counts) return [];
  const type = isRoot ? declaredType : (declaredType ?? nestMetadata(TYPE, controller));
  return [`${String(type)}.${typeof name === 'string' ? name : method.name}`];
}

function neverEvaluated(
  { method, isController }: MethodCandidate,
  { hasResponse, namesOwnPolicies }: DeclaredPolicies,
  { discovery }: AuditedApplication,
): string | undefined {
  if (isController) return undefined;
  const enhancers = fieldEnhancers(discovery);
  if (enhancers === undefined) return undefined;
  if (hasResponse && nestMetadata(TYPE, method) === 'Subscription')
    return (
      'is a subscription with a response policy, which would never see the items. ' +
      'Put an @OpaPolicy without "response" on the subscription.'
    );
  if (!isBelowRoot(method)) return undefined;
  if (hasResponse && !enhancers.includes('interceptors')) return notRun('interceptors');
  // A policy on the class also covers its queries and mutations. Only a policy on the field itself is surely for the field.
  return namesOwnPolicies && !enhancers.includes('guards') ? notRun('guards') : undefined;
}

const isBelowRoot = (method: object): boolean =>
  BELOW_ROOT.some((key) => nestMetadata(key, method) !== undefined);

function notRun(enhancers: 'guards' | 'interceptors'): string {
  return (
    `is a GraphQL field below the root, around which Nest runs no ${enhancers}, so OPA would never evaluate its policy. ` +
    `Add '${enhancers}' to the option "fieldResolverEnhancers" of the GraphQL module, or remove the policy.`
  );
}
