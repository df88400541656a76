import type { Decision, HeaderValues } from '../../contracts/index.js';
import type { HttpRequest } from '../../input/index.js';
import { comparableHeader, matchesHeader } from '../../input/index.js';
import type { HttpReply } from './reply.js';
import { rawReply } from './reply.js';

// They say where an answer ends: a wrong one would make the rest of it the next answer on the connection.
const FRAMING = ['content-length', 'transfer-encoding'];

/** Sets headers on the answer to the client, but its framing; once they are sent, as an event stream's are, none. */
export function setHeaders(reply: HttpReply | undefined, headers: HeaderValues | undefined): void {
  if (reply === undefined || rawReply(reply).headersSent) return;
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (FRAMING.includes(name.toLowerCase())) continue;
    reply.removeHeader(name);
    reply.header(name, typeof value === 'string' ? value : [...value]);
  }
}

/** A request's headers, in each form that it has them in. */
type Headed = Pick<HttpRequest, 'raw' | 'headersDistinct' | 'rawHeaders'> & {
  headers: HttpRequest['headers'];
};

/** Takes headers that match the patterns out of a request. */
export function stripHeaders(request: Headed, patterns: readonly string[]): void {
  if (patterns.length === 0) return;
  if (Object.keys(request.headers).some((name) => matchesHeader(name, patterns)))
    dropHeaders(request, (name) => matchesHeader(name, patterns));
}

/** Puts an allow's headers on the request, for the handler and the upstream, and takes out what it wants removed. */
export function applyToRequest(
  request: Headed,
  { headers, removeHeaders }: Pick<Decision, 'headers' | 'removeHeaders'>,
): void {
  if (headers === undefined && removeHeaders === undefined) return;
  const dropped = [...(removeHeaders ?? []), ...Object.keys(headers ?? {})].map(comparableHeader);
  dropHeaders(request, (name) => dropped.includes(comparableHeader(name)));
  const merged = request.headers;
  for (const [name, value] of Object.entries(headers ?? {})) {
    merged[name] = typeof value === 'string' ? value : [...value];
  }
  keep(request, merged);
}

// Fastify merges headers anew at each reading once a hook has set some: a change of what was read would be lost.
function keep(request: Headed, headers: Headed['headers']): void {
  if (request.headers !== headers) request.headers = headers;
}

// From each form that a handler may read them in.
function dropHeaders(request: Headed, isDropped: (name: string) => boolean): void {
  const message = request.raw ?? request;
  // Read first: Node makes it of the raw headers when it is asked for, and counts on all of them.
  const { headersDistinct, rawHeaders } = message;
  const merged = request.headers;
  for (const headers of [merged, message.headers, headersDistinct ?? {}])
    for (const name of Object.keys(headers)) if (isDropped(name)) Reflect.deleteProperty(headers, name);
  keep(request, merged);
  if (rawHeaders === undefined) return;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if (isDropped(String(rawHeaders[i]))) rawHeaders.splice(i, 2);
  }
}
