import type { ClientRequest } from './client-request.js';
import type { ClientResponse, PlatformResponse } from './client-response.js';
import type { OriginRule } from './origin-rule.js';

/** What a page may send of MCP's headers; `Mcp-Param-…` as it asks for them. */
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
 * Lets the page that a request comes from read the answer, whatever it will be, where its origin may call.
 *
 * @returns whether there is such a page
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol | the CORS protocol}
 */
export function shareAnswer(
  { headers: { origin } }: ClientRequest,
  response: Pick<PlatformResponse, 'header'>,
  rule: OriginRule,
): boolean {
  // Without an origin as well, for caches between.
  response.header('vary', 'Origin');
  if (origin === undefined || !rule.allows(origin)) return false;
  response.header('access-control-allow-origin', origin);
  response.header('access-control-expose-headers', EXPOSED);
  return true;
}

/** Tells whether a browser asks what a page may send, which is no request of the page yet: it has no token. */
export const isPreflight = ({ method, headers }: ClientRequest): boolean =>
  method === 'OPTIONS' &&
  headers.origin !== undefined &&
  headers['access-control-request-method'] !== undefined;

/** Tells a browser what a page may send that {@link shareAnswer} lets read the answer. */
export function answerPreflight({ headers }: ClientRequest, response: ClientResponse, methods: string): void {
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
