import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { removeHopByHop } from '../http/index.js';
import type { Upstream } from './upstream.js';

// Nobody has vouched for what a client says of those before it.
const FORWARDING = /^(x-forwarded-.*|x-real-ip|forwarded)$/;
// They would hide the body, or a part of it, from the response policy.
const PARTIAL = /^(accept-encoding|range|if-.*)$/;

/** The headers that an upstream gets: the client's and the decision's, without those that aren't for it. */
export function requestHeaders(request: FastifyRequest, upstream: Upstream): IncomingHttpHeaders {
  const headers = { ...request.headers };
  removeHopByHop(headers);
  // Node has answered it already.
  delete headers.expect;
  removeMatching(headers, FORWARDING);
  if (upstream.entry.response !== undefined) removeMatching(headers, PARTIAL);
  if (!upstream.entry.forwardToken && isClients(request, headers.authorization)) delete headers.authorization;
  const { host } = request.headers;
  headers['x-forwarded-for'] = request.raw.socket.remoteAddress ?? 'unknown';
  headers['x-forwarded-proto'] = request.protocol;
  if (host !== undefined) headers['x-forwarded-host'] = host;
  headers.host = upstream.url.host;
  return headers;
}

/** The headers of an upstream's answer that go on; its length goes with the body. */
export function responseHeaders(given: IncomingHttpHeaders, upstream: Upstream): IncomingHttpHeaders {
  const headers = { ...given };
  removeHopByHop(headers);
  delete headers['content-length'];
  for (const name of Object.keys(headers)) {
    if (upstream.policyHeaders.some((pattern) => matches(name, pattern)))
      Reflect.deleteProperty(headers, name);
  }
  return headers;
}

function removeMatching(headers: IncomingHttpHeaders, pattern: RegExp): void {
  for (const name of Object.keys(headers)) if (pattern.test(name)) Reflect.deleteProperty(headers, name);
}

/** Whether the client sent this credential; one that the policy has set in its place is meant for the upstream. */
function isClients({ raw }: FastifyRequest, authorization: string | undefined): boolean {
  return authorization !== undefined && (raw.headersDistinct['authorization'] ?? []).includes(authorization);
}

const matches = (name: string, pattern: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
