import { visibleBody } from './body.js';
import { pickHeaders } from './headers.js';
import type { HttpRequest } from './http-request.js';
import { pathOf, routeOf } from './http-request.js';
import type { OpaInputOptions } from './input.options.js';

/** What a shape is built from. */
export interface HttpSource {
  readonly request: HttpRequest;
  readonly subject: unknown;
  readonly headers: readonly string[];
  readonly body: OpaInputOptions['body'];
}

/** An input: an object that JSON can hold. */
export type Input = Record<string, unknown>;

type Shape = (source: HttpSource) => Input;

// AuthZEN's terms, and the request beside them.
const standard: Shape = ({ request, subject, headers, body }) => {
  const route = routeOf(request);
  return {
    subject,
    action: { name: request.method },
    resource: { type: 'route', id: route },
    context: {},
    request: {
      method: request.method,
      path: pathOf(request),
      route,
      params: request.params ?? {},
      query: request.query ?? {},
      headers: pickHeaders(request.headers, headers),
      ip: request.ip,
      ...visibleBody(request.body, body),
    },
  };
};

/** AuthZEN 1.0: subject, action, resource and context alone. */
const authzen: Shape = ({ request, subject, headers, body }) => ({
  subject,
  action: { name: request.method },
  resource: {
    type: 'route',
    id: routeOf(request).replace(/:(\w+)/g, '{$1}'),
    properties: { path: pathOf(request), params: request.params ?? {}, query: request.query ?? {} },
  },
  context: {
    headers: pickHeaders(request.headers, headers),
    ip: request.ip,
    ...visibleBody(request.body, body),
  },
});

/** The fields that opa-envoy-plugin documents. */
const envoy: Shape = ({ request, subject, headers, body }) => {
  const url = request.originalUrl ?? request.url;
  const { body: parsed, truncated } = visibleBody(request.body, body);
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  return {
    attributes: {
      source: { address: { socketAddress: { address: request.ip } }, principal: subject },
      request: {
        http: {
          method: request.method,
          path: url,
          host: request.headers['host'],
          scheme: request.protocol,
          headers: pickHeaders(request.headers, headers),
        },
      },
    },
    parsed_path: pathOf(request).split('/').slice(1).map(decoded),
    parsed_query: Object.fromEntries([...new Set(query.keys())].map((key) => [key, query.getAll(key)])),
    parsed_body: parsed ?? null,
    truncated_body: truncated === true,
  };
};

/** What ContextForge's OPA plugin sends, for a route. */
const contextforge: Shape = ({ request, subject, headers, body }) => ({
  kind: 'http',
  user: subject,
  request_ip: request.ip,
  headers: pickHeaders(request.headers, headers),
  payload: {
    method: request.method,
    path: pathOf(request),
    params: request.params ?? {},
    query: request.query ?? {},
    ...visibleBody(request.body, body),
  },
  context: {},
  mode: 'input',
});

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The named shapes. */
export const shapes = { default: standard, authzen, envoy, contextforge } satisfies Record<string, Shape>;
