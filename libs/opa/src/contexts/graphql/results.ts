import type { ExecutionContext } from '@nestjs/common';
import type { ResultRules } from '../result-rules.js';
import { graphqlCall } from './call.js';

/**
 * The results of resolvers.
 *
 * @remarks The result of a subscription is the stream of its items, which OpaInterceptor does not look into. Around a
 * field below the root interceptors run only with `fieldResolverEnhancers`, which a running handler cannot see.
 */
export const graphqlResults: ResultRules = {
  leaves: () => 'last',
  isReplyBody: false,
  globalInterceptorsRun: true,
  isEditable: (context) => !isSubscription(context) && isRootField(context),
};

function isSubscription(context: ExecutionContext): boolean {
  return graphqlCall(context).info.operation.operation === 'subscription';
}

function isRootField(context: ExecutionContext): boolean {
  const { path } = graphqlCall(context).info;
  return path !== undefined && path.prev === undefined;
}
