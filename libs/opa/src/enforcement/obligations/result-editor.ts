import type { ExecutionContext } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { adapterOf } from '../../contexts/index.js';
import { editsResults, interceptorsOf, isCache, outsideOf } from '../interceptor-order.js';

/**
 * Tells whether an interceptor that edits results surely runs around a handler, so that a mask can be left to it.
 *
 * @remarks Global interceptors count where they surely run, which is on HTTP and GraphQL. Around a cache no interceptor
 * runs when the cache has the result.
 */
export function resultIsEdited(context: ExecutionContext, config: ApplicationConfig): boolean {
  const { results } = adapterOf(context);
  if (!results.isEditable(context)) return false;
  const every = interceptorsOf(context.getClass(), context.getHandler(), config);
  const certain = results.globalInterceptorsRun
    ? every
    : interceptorsOf(context.getClass(), context.getHandler());
  return certain.some(editsResults) && outsideOf(every)?.some(isCache) !== true;
}
