import type { ExecutionContext } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { OpaError } from '../contracts/index.js';

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
  /** Of Fastify: the message of `node:http`. */
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

/** The request of an HTTP context. */
export function httpRequest(context: ExecutionContext): HttpRequest {
  return context.switchToHttp().getRequest<HttpRequest>();
}

/**
 * The path and query that the client asked for, as it wrote them; of a whole URL, which adapters route by its path,
 * that part alone.
 *
 * @throws OpaError `OPA_BAD_INPUT`, by the client's fault, when it has a fragment, for adapters read it in their own
 * ways, or has no path
 */
export function targetOf(request: HttpRequest): string {
  const sent = request.originalUrl ?? request.url;
  const target = sent.startsWith('/') ? sent : /^https?:\/\/[^/?]+(\/.*)$/i.exec(sent)?.[1];
  if (target !== undefined && !target.includes('#')) return target;
  throw new OpaError(
    'OPA_BAD_INPUT',
    "The client's request target has a fragment, or is neither a path nor a URL with one: no policy is asked about it.",
    { clientFault: true },
  );
}

/** The request's path, without the query; throws as {@link targetOf}. */
export function pathOf(request: HttpRequest): string {
  const target = targetOf(request);
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end);
}

/**
 * A route as policies see it: a wildcard is `*`, whether it is named, optional, or of the older kinds that Nest makes
 * named ones of.
 */
export function routeTemplate(written: string): string {
  return written
    .replace(/\(\.\*\)|(?<=\/)\+$/g, '*')
    .replace(/\{?(\/)?\*\w+\}?/g, '$1*')
    .replace(/(.)\/$/, '$1');
}

const templates = new LRUCache<string, string>({ max: 1_000 });

/** The route's template, such as `/orders/:id`; the same on both adapters, where a wildcard is `*`. */
export function routeOf(request: HttpRequest): string {
  const written = request.routeOptions?.url ?? expressRoute(request);
  let template = templates.get(written);
  if (template === undefined) {
    template = routeTemplate(written);
    templates.set(written, template);
  }
  return template;
}

function expressRoute(request: HttpRequest): string {
  const path = request.route?.path;
  return typeof path === 'string' ? (request.baseUrl ?? '') + path : pathOf(request);
}
