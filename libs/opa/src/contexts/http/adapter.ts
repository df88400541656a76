import type { ExecutionContext } from '@nestjs/common';
import type { CancelSignal, Decision, HeaderValues } from '../../contracts/index.js';
import { httpFailure, OpaDeniedException } from '../../decision/index.js';
import type { HttpRequest } from '../../input/index.js';
import { comparableHeader, httpRequest, matchesHeader } from '../../input/index.js';
import type { EnforcementPoint } from '../adapter.js';
import type { HttpReply, RawReply } from './reply.js';

/** The reply of an HTTP context. */
export function httpReply(context: ExecutionContext): HttpReply {
  return context.switchToHttp().getResponse<HttpReply>();
}

// They say where an answer ends: a wrong one would make the rest of it the next answer on the connection.
const FRAMING = ['content-length', 'transfer-encoding'];

/** Sets headers on the answer to the client, but its framing; once they are sent, as an event stream's are, none. */
export function setHeaders(reply: HttpReply | undefined, headers: HeaderValues | undefined): void {
  if (reply === undefined || rawOf(reply).headersSent) return;
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

const NOBODY: readonly (() => void)[] = [];

/**
 * The leaving of an HTTP client.
 *
 * @remarks Looked for once somebody asks, and listened for while somebody wants to be told: nobody does of a decision
 * that is made at once.
 */
class Departure implements CancelSignal {
  private reply: RawReply | undefined;
  private listeners: readonly (() => void)[] = NOBODY;
  private onClose: (() => void) | undefined;

  constructor(private readonly context: ExecutionContext) {}

  get aborted(): boolean {
    return this.raw.destroyed;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners = [...this.listeners, listener];
    if (this.onClose !== undefined) return;
    // A function written here, for a property, V8 would make in the old generation, and keep the request with it.
    this.onClose = this.tell.bind(this);
    this.raw.on('close', this.onClose);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners = this.listeners.filter((other) => other !== listener);
    if (this.listeners.length > 0 || this.onClose === undefined) return;
    this.raw.off('close', this.onClose);
    this.onClose = undefined;
  }

  private get raw(): RawReply {
    return (this.reply ??= rawOf(httpReply(this.context)));
  }

  private tell(): void {
    if (this.raw.writableFinished) return;
    for (const listener of this.listeners) listener();
  }
}

/** The reply of `node:http` under a reply. */
export function rawOf(reply: HttpReply): RawReply {
  return reply.raw ?? (reply as unknown as RawReply);
}

/** Decisions on HTTP, Express and Fastify. */
export const httpPoint: EnforcementPoint = {
  strip: (context, patterns) => stripHeaders(httpRequest(context), patterns),
  permit: (context, decision) => {
    if (decision.headers !== undefined || decision.removeHeaders !== undefined)
      applyToRequest(httpRequest(context), decision);
  },
  whileConnected: (context, work) => work(new Departure(context)),
  denial: (context, decision) => {
    setHeaders(httpReply(context), decision.headers);
    return new OpaDeniedException(decision);
  },
  failure: (context, error) => {
    const { exception, retryAfter } = httpFailure(error);
    if (retryAfter !== undefined) setHeaders(httpReply(context), { 'retry-after': String(retryAfter) });
    return exception;
  },
  reply: (context) => {
    const reply = httpReply(context);
    return rawOf(reply).headersSent ? undefined : reply;
  },
};
