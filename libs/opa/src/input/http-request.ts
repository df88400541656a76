import type { ExecutionContext } from '@nestjs/common';

/** What the library reads of a request, the same on Express and Fastify. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly originalUrl?: string;
  readonly baseUrl?: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly ip?: string;
  readonly protocol?: string;
  readonly user?: unknown;
  readonly raw?: { readonly rawHeaders?: string[] };
  readonly rawHeaders?: string[];
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: string | undefined };
}

/** The request of an HTTP context. */
export function httpRequest(context: ExecutionContext): HttpRequest {
  return context.switchToHttp().getRequest<HttpRequest>();
}

/** The request's path, without the query, as the client sent it. */
export function pathOf(request: HttpRequest): string {
  return (request.originalUrl ?? request.url).split('?', 1)[0] ?? '';
}

const templates = new Map<string, string>();

/** The route's template, such as `/orders/:id`; the same on both adapters, where a wildcard is `*`. */
export function routeOf(request: HttpRequest): string {
  const written = request.routeOptions?.url ?? expressRoute(request);
  let template = templates.get(written);
  if (template === undefined) {
    template = written.replace(/\{?(\/)?\*\w+\}?/g, '$1*').replace(/(.)\/$/, '$1');
    if (templates.size < 1_000) templates.set(written, template);
  }
  return template;
}

function expressRoute(request: HttpRequest): string {
  const path = request.route?.path;
  return typeof path === 'string' ? (request.baseUrl ?? '') + path : pathOf(request);
}
