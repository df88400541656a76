import type { ExecutionContext } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { adapterOf } from '../../contexts/index.js';
import { editsResults, interceptorsOf, isCache, outsideOf } from '../interceptor-order.js';

/**
 * Tells whether an interceptor that edits results is certain to run around a handler. Only then can the guard rely on
 * the interceptor for a mask.
 *
 * @remarks Global interceptors count only on contexts where Nest always runs them: HTTP and GraphQL. A cache outside the
 * interceptor may return a stored result, and then the interceptor does not run.
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
