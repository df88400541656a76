import type { ExecutionContext } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { OpaError } from '../contracts/index.js';

/** The members of a request that the library reads. They are the same on Express and Fastify. */
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
  /** Fastify only: the `IncomingMessage` of `node:http`. */
  readonly raw?: Pick<HttpRequest, 'headers' | 'rawHeaders' | 'headersDistinct' | 'httpVersion'>;
  readonly rawHeaders?: string[];
  readonly headersDistinct?: Record<string, string[] | undefined>;
  readonly socket?: {
    readonly remotePort?: number | undefined;
    readonly localAddress?: string | undefined;
    readonly localPort?: number | undefined;
  };
  readonly httpVersion?: string;
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: string | undefined };
}

/** Returns the request of an HTTP context. */
export function httpRequest(context: ExecutionContext): HttpRequest {
  return context.switchToHttp().getRequest<HttpRequest>();
}

/**
 * Returns the path and query of the request target, as the client wrote them. A target may also be an absolute URL
 * (RFC 9112, section 3.2.2); adapters route it by its path, so the path and query are returned.
 *
 * @throws OpaError `OPA_BAD_INPUT`, caused by the client, when the target has no path, or has a fragment: adapters
 * disagree about fragments
 */
export function targetOf(request: HttpRequest): string {
  const rawTarget = request.originalUrl ?? request.url;
  const target = rawTarget.startsWith('/') ? rawTarget : /^https?:\/\/[^/?]+(\/.*)$/i.exec(rawTarget)?.[1];
  if (target !== undefined && !target.includes('#')) return target;
  throw new OpaError(
    'OPA_BAD_INPUT',
    "The client's request target has a fragment, or has no path. The library refuses it and asks no policy.",
    { clientFault: true },
  );
}

/**
 * Returns the path of the request target, without the query.
 *
 * @throws OpaError the same as {@link targetOf}
 */
export function pathOf(request: HttpRequest): string {
  const target = targetOf(request);
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end);
}

/**
 * Returns a route in the form that policies see. Every wildcard becomes `*`: named, optional, and the older forms that
 * Nest converts to named wildcards.
 */
export function routeTemplate(route: string): string {
  return route
    .replace(/\(\.\*\)|(?<=\/)\+$/g, '*')
    .replace(/\{?(\/)?\*\w+\}?/g, '$1*')
    .replace(/(.)\/$/, '$1');
}

const templates = new LRUCache<string, string>({ max: 1_000 });

/** Returns the template of a request's route, such as `/orders/:id`. It is the same on Express and Fastify. */
export function routeOf(request: HttpRequest): string {
  const route = request.routeOptions?.url ?? expressRoute(request);
  let template = templates.get(route);
  if (template === undefined) {
    template = routeTemplate(route);
    templates.set(route, template);
  }
  return template;
}

function expressRoute(request: HttpRequest): string {
  const path = request.route?.path;
  return typeof path === 'string' ? (request.baseUrl ?? '') + path : pathOf(request);
}
