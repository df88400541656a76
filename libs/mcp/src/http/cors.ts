import type { ClientRequest } from './client-request.js';
import type { ClientResponse, PlatformResponse } from './client-response.js';
import type { OriginRule } from './origin-rule.js';

/**
 * The request headers that a page may send. A preflight response adds the `Mcp-Param-…` headers that the browser names.
 */
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Accept',
  'Mcp-Session-Id',
  'MCP-Protocol-Version',
  'Last-Event-ID',
  'Mcp-Method',
  'Mcp-Name',
];
const EXPOSED = 'Mcp-Session-Id, WWW-Authenticate, MCP-Protocol-Version';
const PARAM = /^mcp-param-[\w!#$%&'*+.^`|~-]+$/i;

/**
 * Lets the calling page read the response, including error responses, when the rule allows the page's origin.
 *
 * @returns whether the request has an allowed origin
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol | the CORS protocol}
 */
export function addCorsHeaders(
  { headers: { origin } }: ClientRequest,
  response: Pick<PlatformResponse, 'header'>,
  rule: OriginRule,
): boolean {
  // A cache must also know that a response to a request without `Origin` depends on `Origin`.
  response.header('vary', 'Origin');
  if (origin === undefined || !rule.allows(origin)) return false;
  response.header('access-control-allow-origin', origin);
  response.header('access-control-expose-headers', EXPOSED);
  return true;
}

/** Whether a request is a CORS preflight. The browser sends it before the page's request, and without a token. */
export const isPreflight = ({ method, headers }: Pick<ClientRequest, 'method' | 'headers'>): boolean =>
  method === 'OPTIONS' &&
  headers.origin !== undefined &&
  headers['access-control-request-method'] !== undefined;

/** Responds to a preflight with the methods and headers that a page may send. Call {@link addCorsHeaders} first. */
export function respondToPreflight(
  { headers }: ClientRequest,
  response: ClientResponse,
  methods: string,
): void {
  const requested = headers['access-control-request-headers'] ?? '';
  const params = requested
    .split(',')
    .map((name) => name.trim())
    .filter((name) => PARAM.test(name));
  response.empty(204, {
    vary: 'Origin, Access-Control-Request-Headers',
    'access-control-allow-methods': methods,
    'access-control-allow-headers': [...REQUEST_HEADERS, ...params].join(', '),
  });
}
