import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { matchesHeader, peerAddress } from 'nestjs-opa/internal';
import { removeHopByHop } from 'nestjs-opa-mcp/internal';
import type { Upstream } from './upstream.js';

// They would hide the body, or a part of it, from the response policy.
const PARTIAL = /^(accept-charset|accept-encoding|a-im|range|if-.*)$/;

// Of an answer to HEAD they tell of a body that the response policy has not seen, and may mask.
const OF_BODY = /^(content-(digest|encoding|md5|range)|digest|etag|repr-digest)$/;

/** The headers that an upstream gets: the client's and the decision's, without those that aren't for it. */
export function requestHeaders(request: FastifyRequest, upstream: Upstream): IncomingHttpHeaders {
  const headers = { ...request.headers };
  const { forwardToken, response } = upstream.entry;
  removeHopByHop(headers);
  // Node has answered it already.
  delete headers.expect;
  // One that the decision has set in its place is meant for the upstream.
  if (!forwardToken && 'authorization' in request.raw.headersDistinct) delete headers.authorization;
  if (response !== undefined) {
    remove(headers, (name) => PARTIAL.test(name));
    headers['accept-encoding'] = 'identity';
  }
  addForwarded(headers, request);
  headers.host = upstream.url.host;
  return headers;
}

/** The headers of an upstream's answer that go on; its length goes with the body. */
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

/** Says whom the gateway works for; what is there by now, the decision or option "forwardHeaders" has let pass. */
function addForwarded(
  headers: IncomingHttpHeaders,
  { raw, protocol, headers: { host } }: FastifyRequest,
): void {
  const peer = peerAddress(raw.socket.remoteAddress) ?? 'unknown';
  headers['x-forwarded-for'] = [headers['x-forwarded-for'] ?? [], peer].flat().join(', ');
  headers['x-forwarded-proto'] ??= protocol;
  if (host !== undefined) headers['x-forwarded-host'] ??= host;
}

function remove(headers: IncomingHttpHeaders, isRemoved: (name: string) => boolean): void {
  for (const name of Object.keys(headers)) if (isRemoved(name)) Reflect.deleteProperty(headers, name);
}
