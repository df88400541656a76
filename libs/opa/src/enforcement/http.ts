import type { ExecutionContext } from '@nestjs/common';
import type { CancelSignal, Decision, HeaderValues } from '../contracts/index.js';
import { httpFailure, OpaDeniedException } from '../decision/index.js';
import type { HttpRequest } from '../input/index.js';
import { httpRequest, matchesHeader } from '../input/index.js';
import type { EnforcementPoint } from './point.js';
import type { HttpReply, RawReply } from './reply.js';

/** The reply of an HTTP context. */
export function httpReply(context: ExecutionContext): HttpReply {
  return context.switchToHttp().getResponse<HttpReply>();
}

/** Sets headers on the answer to the client; once they are sent, as those of an event stream are, none. */
export function setHeaders(reply: HttpReply | undefined, headers: HeaderValues | undefined): void {
  if (reply === undefined || rawOf(reply).headersSent) return;
  for (const [name, value] of Object.entries(headers ?? {})) {
    reply.removeHeader(name);
    reply.header(name, typeof value === 'string' ? value : [...value]);
  }
}

/** Takes headers that match the patterns out of a request. */
export function stripHeaders(request: HttpRequest, patterns: readonly string[]): void {
  if (patterns.length === 0) return;
  const found = Object.keys(request.headers).filter((name) => matchesHeader(name, patterns));
  if (found.length > 0) dropHeaders(request, found);
}

/** Puts an allow's headers on the request, for the handler and the upstream, and takes out what it wants removed. */
export function applyToRequest(request: HttpRequest, { headers, removeHeaders }: Decision): void {
  if (headers === undefined && removeHeaders === undefined) return;
  dropHeaders(request, [...(removeHeaders ?? []), ...Object.keys(headers ?? {})]);
  for (const [name, value] of Object.entries(headers ?? {})) {
    request.headers[name] = typeof value === 'string' ? value : [...value];
  }
}

// From each form that a handler may read them in.
function dropHeaders(request: HttpRequest, names: readonly string[]): void {
  // Read first: Node makes it of the raw headers when it is asked for, and counts on all of them.
  const { headersDistinct, rawHeaders } = request.raw ?? request;
  for (const headers of [request.headers, headersDistinct ?? {}])
    for (const name of names) Reflect.deleteProperty(headers, name);
  if (rawHeaders === undefined) return;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if (names.includes(String(rawHeaders[i]).toLowerCase())) rawHeaders.splice(i, 2);
  }
}

/** Runs work with a signal that is aborted when the client goes away. */
export async function whileConnected<T>(
  reply: HttpReply,
  work: (signal: CancelSignal) => Promise<T>,
): Promise<T> {
  const departure = new Departure(rawOf(reply));
  try {
    return await work(departure);
  } finally {
    departure.end();
  }
}

/** The leaving of an HTTP client. */
class Departure implements CancelSignal {
  aborted: boolean;
  private listeners: (() => void)[] = [];

  constructor(private readonly raw: RawReply) {
    this.aborted = raw.destroyed;
    raw.on('close', this.onClose);
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners = this.listeners.filter((other) => other !== listener);
  }

  /** Looks no longer. */
  end(): void {
    this.raw.off('close', this.onClose);
  }

  private readonly onClose = (): void => {
    if (this.raw.writableFinished || this.aborted) return;
    this.aborted = true;
    for (const listener of this.listeners) listener();
  };
}

function rawOf(reply: HttpReply): RawReply {
  return reply.raw ?? (reply as unknown as RawReply);
}

/** Decisions on HTTP, Express and Fastify. */
export const httpPoint: EnforcementPoint = {
  strip: (context, patterns) => stripHeaders(httpRequest(context), patterns),
  permit: (context, decision) => applyToRequest(httpRequest(context), decision),
  whileConnected: (context, work) => whileConnected(httpReply(context), work),
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
