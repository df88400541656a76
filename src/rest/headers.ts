import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { matchesHeader, peerAddress } from 'nestjs-opa/internal';
import { removeHopByHop } from 'nestjs-opa-mcp/internal';
import { upgradeOf } from '../http/index.js';
import type { ForwardedRequest } from '../http/index.js';
import { publicCookie } from './cookies.js';
import { publicReference, publicRefresh } from './location.js';
import { bodyOf } from './request-body.js';
import { acceptsTrailers } from './trailers.js';
import type { Upstream } from './upstream.js';

// These request headers can make the upstream encode, shorten or omit the body that the response policy must see.
const PARTIAL = /^(accept-charset|accept-encoding|a-im|range|if-.*)$/;

// In a response to HEAD these headers describe the body of a GET. The response policy might mask parts of that body.
const OF_BODY = /^(content-(digest|encoding|length|md5|range)|digest|etag|repr-digest)$/;

/** The headers for the upstream: the client's headers and the decision's headers, without hop-by-hop headers. */
export function requestHeaders(request: ForwardedRequest, upstream: Upstream): IncomingHttpHeaders {
  const headers = { ...request.headers };
  const { forwardToken, response } = upstream.entry;
  removeHopByHop(headers);
  // Node has already answered `Expect: 100-continue`.
  delete headers.expect;
  // This removes only the client's Authorization. `headersDistinct` has no Authorization that the decision has set.
  if (!forwardToken && 'authorization' in request.raw.headersDistinct) delete headers.authorization;
  if (response !== undefined) {
    remove(headers, (name) => PARTIAL.test(name));
    headers['accept-encoding'] = 'identity';
  } else if (acceptsTrailers(request)) headers['te'] = 'trailers';
  frameBody(headers, request);
  // The client may name more protocols, such as `h2c`. The policy has decided the request for a WebSocket alone.
  if (upgradeOf(request.raw) !== undefined) {
    Object.assign(headers, { connection: 'upgrade', upgrade: 'websocket' });
  }
  addForwarded(headers, request, upstream);
  headers.host = upstream.url.host;
  return headers;
}

/**
 * Sets the headers that tell where the body ends. The client's `Connection` may name Content-Length, and a decision may
 * set it. Without the right length the upstream would read the rest of the body as another request.
 */
function frameBody(headers: IncomingHttpHeaders, request: FastifyRequest): void {
  const [length] = request.raw.headersDistinct['content-length'] ?? [];
  const [trailer] = request.raw.headersDistinct['trailer'] ?? [];
  delete headers['content-length'];
  if (length !== undefined) headers['content-length'] = length;
  else if (bodyOf(request) !== undefined) {
    headers['transfer-encoding'] = 'chunked';
    if (trailer !== undefined) headers.trailer = trailer;
  }
}

/** The upstream's response headers for the client. */
export function responseHeaders(
  { headersDistinct }: IncomingMessage,
  request: FastifyRequest,
  upstream: Upstream,
  url: URL,
): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {};
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    headers[name] = values.length === 1 ? values[0] : values;
  }
  removeHopByHop(headers);
  if (request.method === 'HEAD' && upstream.entry.response !== undefined) {
    remove(headers, (name) => OF_BODY.test(name));
  }
  remove(headers, (name) => matchesHeader(name, upstream.hiddenHeaders));
  makePublic(headers, upstream, url);
  if (upstream.entry.origins !== undefined) replaceCors(headers);
  return headers;
}

/** Rewrites the headers that name the upstream's addresses. */
function makePublic(headers: IncomingHttpHeaders, { paths, publicUrl }: Upstream, url: URL): void {
  const address = { url, paths, publicOrigin: publicUrl.origin };
  for (const name of ['location', 'content-location'] as const) {
    const value = headers[name];
    if (typeof value === 'string') headers[name] = publicReference(value, address);
  }
  const { refresh } = headers;
  if (typeof refresh === 'string') headers['refresh'] = publicRefresh(refresh, address);
  const cookies = headers['set-cookie'];
  if (cookies === undefined) return;
  headers['set-cookie'] = [cookies].flat().map((cookie) => publicCookie(cookie, address));
}

/** Removes the upstream's CORS headers. The gateway's own value `Origin` of `Vary` must remain. */
function replaceCors(headers: IncomingHttpHeaders): void {
  remove(headers, (name) => name.startsWith('access-control-'));
  headers.vary = ['Origin', headers.vary ?? []].flat().join(', ');
}

/**
 * Adds the `X-Forwarded-*` headers. They continue the chain of a trusted proxy, and tell the upstream the host and the
 * protocol that clients use. `X-Forwarded-*` headers that already exist come from the decision, or passed through option
 * "forwardHeaders".
 */
function addForwarded(
  headers: IncomingHttpHeaders,
  { raw, forwarded, protocol, headers: { host } }: ForwardedRequest,
  { paths, publicUrl }: Upstream,
): void {
  const addresses = forwarded?.addresses ?? [peerAddress(raw.socket.remoteAddress) ?? 'unknown'];
  headers['x-forwarded-for'] = [headers['x-forwarded-for'] ?? [], addresses].flat().join(', ');
  headers['x-forwarded-proto'] ??= publicUrl.protocol ?? forwarded?.protocol ?? protocol;
  headers['x-forwarded-prefix'] ??= paths.prefix;
  const publicHost = publicUrl.host ?? forwarded?.host ?? host;
  if (publicHost !== undefined) headers['x-forwarded-host'] ??= publicHost;
}

function remove(headers: IncomingHttpHeaders, isRemoved: (name: string) => boolean): void {
  for (const name of Object.keys(headers)) if (isRemoved(name)) Reflect.deleteProperty(headers, name);
}
