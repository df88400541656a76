import type { ExecutionContext } from '@nestjs/common';
import type { Decision } from '../contracts/index.js';
import { findRecord } from '../decision/index.js';
import { kindOf } from '../contexts/index.js';
import { httpRequest, routeOf, subjectTypeOf } from '../input/index.js';

/** Describes a denial for the log: no identity, header or payload is in it. */
export function describeDenial(context: ExecutionContext, { policy, outcome }: Partial<Decision>): string {
  const input = findRecord(context)?.input?.value;
  const subject = input === undefined ? 'unknown' : subjectTypeOf(input);
  const what = policy === undefined || policy === '' ? 'no policy' : `policy "${policy}"`;
  return `Denied by ${what} (${outcome ?? 'deny'}); type of the subject: ${subject}; route: ${routeLabel(context)}.`;
}

/** The route's template or the handler: a path may hold what is not for a log. */
function routeLabel(context: ExecutionContext): string {
  const handler = handlerName(context);
  if (kindOf(context) !== 'http') return handler;
  const request = httpRequest(context);
  const hasTemplate = request.routeOptions?.url !== undefined || typeof request.route?.path === 'string';
  return hasTemplate ? `${request.method} ${routeOf(request)} (${handler})` : handler;
}

/** How messages call the handler of a context. */
export function handlerName(context: ExecutionContext): string {
  return `${context.getClass().name}.${context.getHandler().name}`;
}
