import type { ExecutionContext } from '@nestjs/common';
import { httpRequest, requestSource, routeOf } from '../../input/index.js';
import type { ContextAdapter } from '../adapter.js';
import { httpAudit } from './audit.js';
import { httpPoint } from './point.js';
import { httpResults } from './results.js';

/** Requests of Express and Fastify. */
export const httpAdapter: ContextAdapter = {
  matches: (context) => context.getType() === 'http',
  source: (context, options) => requestSource(httpRequest(context), options),
  holder: httpRequest,
  // Express makes a `next` for each route that it runs; Fastify runs one route a request, and has none.
  run: (context) => context.switchToHttp().getNext<unknown>(),
  routeLabel,
  point: httpPoint,
  results: httpResults,
  audit: httpAudit,
};

function routeLabel(context: ExecutionContext): string | undefined {
  const request = httpRequest(context);
  const hasTemplate = request.routeOptions?.url !== undefined || typeof request.route?.path === 'string';
  return hasTemplate ? `${request.method} ${routeOf(request)}` : undefined;
}
