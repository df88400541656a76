import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { matchesHeader } from 'nestjs-opa/internal';
import { isHopByHop, removeUntrusted } from 'nestjs-opa-mcp/internal';
import type { Upstream } from './upstream.js';

// Fields that must not be trailers (RFC 9110, 6.5.1): framing, routing, authentication, modifiers of the request, and the
// description of the content. A recipient that merges trailers into headers would believe them.
const NO_TRAILER =
  /^(access-control-.*|age|authorization|cache-control|content-.*|cookie|date|expect|expires|host|if-.*|location|max-forwards|origin|pragma|range|retry-after|set-cookie|te|vary|warning|www-authenticate)$/;

/**
 * The trailers of a client's request that the upstream receives. No policy sees them. An upstream that merges trailers
 * into headers could believe a trailer instead of a header that the policy saw, set or removed. So no trailer has the
 * name of such a header.
 *
 * @param sent - the headers that the gateway sends to the upstream, with the credentials of the entry
 */
export function requestTrailers(
  raw: IncomingMessage,
  sent: OutgoingHttpHeaders,
  { entry, policyHeaders }: Upstream,
): [string, string][] {
  const trailers = fieldsOf(raw);
  const names: IncomingHttpHeaders = Object.fromEntries(trailers);
  removeUntrusted(names, (name) => entry.forwardHeaders.includes(name));
  const isHeader = (name: string): boolean => name in raw.headersDistinct || Object.hasOwn(sent, name);
  return trailers.filter(
    ([name]) => Object.hasOwn(names, name) && !isHeader(name) && !matchesHeader(name, policyHeaders),
  );
}

/** The trailers of an upstream's response that the client receives. */
export function responseTrailers(response: IncomingMessage, { hiddenHeaders }: Upstream): [string, string][] {
  return fieldsOf(response).filter(([name]) => !matchesHeader(name, hiddenHeaders));
}

/**
 * The header `Trailer` for the client: the upstream's, when trailers can follow the response. They need a chunked body
 * (RFC 9112, 7.1.2).
 */
export function announcedTrailers(
  { headersDistinct }: IncomingMessage,
  { raw, method }: FastifyRequest,
  { entry }: Upstream,
): { readonly trailer?: string } {
  const { trailer, 'transfer-encoding': coding } = headersDistinct;
  const isChunked = coding !== undefined && method !== 'HEAD' && raw.httpVersion === '1.1';
  return isChunked && trailer !== undefined && entry.response === undefined
    ? { trailer: trailer.join(', ') }
    : {};
}

/** Whether the client accepts trailers. `Connection` often names `TE`, and the gateway then removes the header `TE`. */
export const acceptsTrailers = ({ raw }: FastifyRequest): boolean =>
  (raw.headersDistinct['te'] ?? []).some((value) => /(^|,)\s*trailers\s*(,|;|$)/i.test(value));

function fieldsOf({ rawTrailers }: IncomingMessage): [string, string][] {
  const fields = rawTrailers.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name.toLowerCase(), rawTrailers[index + 1] ?? '']] : [],
  );
  return fields.filter(([name]) => !NO_TRAILER.test(name) && !isHopByHop(name));
}
