import type { FastifyReply, FastifyRequest } from 'fastify';
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
export function shareAnswer({ headers }: FastifyRequest, reply: FastifyReply, rule: OriginRule): boolean {
  // Without an origin as well, for caches between.
  reply.header('vary', 'Origin');
  const { origin } = headers;
  if (origin === undefined || !rule.allows(origin)) return false;
  reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED });
  return true;
}

/** Tells whether a browser asks what a page may send, which is no request of the page yet: it has no token. */
export const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' &&
  headers.origin !== undefined &&
  headers['access-control-request-method'] !== undefined;

/** Tells a browser what a page may send that {@link shareAnswer} lets read the answer. */
export async function answerPreflight(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  methods: string,
): Promise<void> {
  const asked = headers['access-control-request-headers'] ?? '';
  const params = asked
    .split(',')
    .map((name) => name.trim())
    .filter((name) => PARAM.test(name));
  await reply
    .code(204)
    .headers({
      vary: 'Origin, Access-Control-Request-Headers',
      'access-control-allow-methods': methods,
      'access-control-allow-headers': [...REQUEST_HEADERS, ...params].join(', '),
    })
    .send();
}
