import type { ExecutionContext } from '@nestjs/common';
import { httpRequest, requestSource, routeOf } from '../../input/index.js';
import type { ContextAdapter } from '../adapter.js';
import { httpAudit } from './audit.js';
import { httpPoint } from './point.js';
import { httpResults } from './results.js';

/** HTTP requests, on Express and Fastify. */
export const httpAdapter: ContextAdapter = {
  matches: (context) => context.getType() === 'http',
  source: (context, options) => requestSource(httpRequest(context), options),
  holder: httpRequest,
  // Express makes a new `next` for each route that it runs. Fastify runs one route per request, without `next`.
  run: (context) => context.switchToHttp().getNext<unknown>(),
  routeLabel,
  carrier: httpRequest,
  mcpTarget: () => undefined,
  point: httpPoint,
  results: httpResults,
  audit: httpAudit,
};

function routeLabel(context: ExecutionContext): string | undefined {
  const request = httpRequest(context);
  const hasTemplate = request.routeOptions?.url !== undefined || typeof request.route?.path === 'string';
  return hasTemplate ? `${request.method} ${routeOf(request)}` : undefined;
}
