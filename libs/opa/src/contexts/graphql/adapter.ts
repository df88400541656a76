import type { ContextAdapter } from '../adapter.js';
import { byArguments } from '../call-arguments.js';
import { graphqlAudit } from './audit.js';
import { graphqlRequest } from './call.js';
import { graphqlPoint } from './point.js';
import { graphqlResults } from './results.js';
import { graphqlSource } from './source.js';

/** Fields of GraphQL operations, on Apollo and Mercurius. */
export const graphqlAdapter: ContextAdapter = {
  ...byArguments,
  matches: (context) => context.getType<string>() === 'graphql',
  source: graphqlSource,
  routeLabel: () => undefined,
  carrier: graphqlRequest,
  point: graphqlPoint,
  results: graphqlResults,
  audit: graphqlAudit,
};
