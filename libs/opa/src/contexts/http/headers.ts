import type { Decision, HeaderValues } from '../../contracts/index.js';
import type { HttpRequest } from '../../input/index.js';
import { comparableHeader, matchesHeader } from '../../input/index.js';
import type { HttpReply } from './reply.js';
import { rawReply } from './reply.js';

// Framing headers say where a response ends. With a wrong one, the client would read the rest as the next response.
const FRAMING = ['content-length', 'transfer-encoding'];

/**
 * Sets headers on the response to the client, except framing headers. Once the headers are sent, as those of an event
 * stream are, it sets none.
 */
export function setHeaders(reply: HttpReply | undefined, headers: HeaderValues | undefined): void {
  if (reply === undefined || rawReply(reply).headersSent) return;
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (FRAMING.includes(name.toLowerCase())) continue;
    reply.removeHeader(name);
    reply.header(name, typeof value === 'string' ? value : [...value]);
  }
}

/** The headers of a request, in each form that Node and Fastify offer them. */
type WithHeaders = Pick<HttpRequest, 'raw' | 'headersDistinct' | 'rawHeaders'> & {
  headers: HttpRequest['headers'];
};

/** Removes the headers that match the patterns from a request. */
export function stripHeaders(request: WithHeaders, patterns: readonly string[]): void {
  if (patterns.length === 0) return;
  if (Object.keys(request.headers).some((name) => matchesHeader(name, patterns)))
    dropHeaders(request, (name) => matchesHeader(name, patterns));
}

/** Sets the headers of an allow on the request, for the handler and the upstream, and removes its `removeHeaders`. */
export function applyToRequest(
  request: WithHeaders,
  { headers, removeHeaders }: Pick<Decision, 'headers' | 'removeHeaders'>,
): void {
  if (headers === undefined && removeHeaders === undefined) return;
  const dropped = [...(removeHeaders ?? []), ...Object.keys(headers ?? {})].map(comparableHeader);
  dropHeaders(request, (name) => dropped.includes(comparableHeader(name)));
  const merged = request.headers;
  for (const [name, value] of Object.entries(headers ?? {})) {
    merged[name] = typeof value === 'string' ? value : [...value];
  }
  storeHeaders(request, merged);
}

// Once a hook has set headers, Fastify merges them again at each read. Without this assignment the changes would be lost.
function storeHeaders(request: WithHeaders, headers: WithHeaders['headers']): void {
  if (request.headers !== headers) request.headers = headers;
}

// Removes headers from each form in which a handler may read them.
function dropHeaders(request: WithHeaders, isDropped: (name: string) => boolean): void {
  const message = request.raw ?? request;
  // Read before the raw headers change: Node computes `headersDistinct` from the raw headers at the first read.
  const { headersDistinct, rawHeaders } = message;
  const merged = request.headers;
  for (const headers of [merged, message.headers, headersDistinct ?? {}])
    for (const name of Object.keys(headers)) if (isDropped(name)) Reflect.deleteProperty(headers, name);
  storeHeaders(request, merged);
  if (rawHeaders === undefined) return;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if (isDropped(String(rawHeaders[i]))) rawHeaders.splice(i, 2);
  }
}
