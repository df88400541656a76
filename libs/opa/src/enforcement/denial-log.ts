import type { ExecutionContext } from '@nestjs/common';
import type { Decision } from '../contracts/index.js';
import { findAdapter, findRecord } from '../contexts/index.js';
import { subjectTypeOf } from '../input/index.js';

/** Describes a denial for the log. The text holds no identity, header or payload. */
export function describeDenial(context: ExecutionContext, { policy, outcome }: Partial<Decision>): string {
  const input = findRecord(context)?.input?.value;
  const subject = input === undefined ? 'unknown' : subjectTypeOf(input);
  const decidedBy = policy === undefined || policy === '' ? 'no policy' : `policy "${policy}"`;
  return `Denied by ${decidedBy} (${outcome ?? 'deny'}); type of the subject: ${subject}; route: ${routeLabel(context)}.`;
}

function routeLabel(context: ExecutionContext): string {
  const route = findAdapter(context)?.routeLabel(context);
  return route === undefined ? handlerName(context) : `${route} (${handlerName(context)})`;
}

/** Returns the name of a context's handler for messages. `bind()`, which some libraries call, adds `bound` to the name. */
export function handlerName(context: ExecutionContext): string {
  return `${context.getClass().name}.${context.getHandler().name.replace(/^bound /, '')}`;
}
