import type { ExecutionContext } from '@nestjs/common';
import type { ResultRules } from '../result-rules.js';
import { graphqlCall } from './call.js';

/**
 * The results of resolvers.
 *
 * @remarks The result of a subscription is a stream of items, which OpaInterceptor does not read. Nest runs interceptors
 * around a field below the root only with `fieldResolverEnhancers`. A running handler can't tell whether that is set.
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
