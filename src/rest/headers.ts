import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { matchesHeader, peerAddress } from 'nestjs-opa/internal';
import { removeHopByHop } from 'nestjs-opa-mcp/internal';
import type { ForwardedRequest } from '../http/index.js';
import type { Upstream } from './upstream.js';

// These request headers can make the upstream encode, shorten or omit the body that the response policy must see.
const PARTIAL = /^(accept-charset|accept-encoding|a-im|range|if-.*)$/;

// In a response to HEAD these headers describe the body of a GET. The response policy might mask parts of that body.
const OF_BODY = /^(content-(digest|encoding|md5|range)|digest|etag|repr-digest)$/;

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
  }
  addForwarded(headers, request, upstream);
  headers.host = upstream.url.host;
  return headers;
}

/** The upstream's response headers for the client, without Content-Length. `forward` sets the length of the body. */
export function responseHeaders(
  given: IncomingHttpHeaders,
  { method }: FastifyRequest,
  upstream: Upstream,
): IncomingHttpHeaders {
  const headers = { ...given };
  removeHopByHop(headers);
  if (method === 'HEAD' && upstream.entry.response !== undefined) {
    remove(headers, (name) => OF_BODY.test(name));
  }
  delete headers['content-length'];
  remove(headers, (name) => matchesHeader(name, upstream.policyHeaders));
  return headers;
}

/**
 * Adds the `X-Forwarded-*` headers. They continue the chain of a trusted proxy, and tell the upstream the host and the
 * protocol that clients use. `X-Forwarded-*` headers that already exist come from the decision, or passed through option
 * "forwardHeaders".
 */
function addForwarded(
  headers: IncomingHttpHeaders,
  { raw, forwarded, protocol, headers: { host } }: ForwardedRequest,
  { publicUrl }: Upstream,
): void {
  const addresses = forwarded?.addresses ?? [peerAddress(raw.socket.remoteAddress) ?? 'unknown'];
  headers['x-forwarded-for'] = [headers['x-forwarded-for'] ?? [], addresses].flat().join(', ');
  headers['x-forwarded-proto'] ??= forwarded?.protocol ?? publicUrl.protocol ?? protocol;
  const publicHost = forwarded?.host ?? publicUrl.host ?? host;
  if (publicHost !== undefined) headers['x-forwarded-host'] ??= publicHost;
}

function remove(headers: IncomingHttpHeaders, isRemoved: (name: string) => boolean): void {
  for (const name of Object.keys(headers)) if (isRemoved(name)) Reflect.deleteProperty(headers, name);
}
