import type { ExecutionContext } from '@nestjs/common';
import type { Decision, HeaderValues } from '../contracts/index.js';
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
  const { headers } = request;
  const found = Object.keys(headers).filter((name) => matchesHeader(name, patterns));
  for (const name of found) Reflect.deleteProperty(headers, name);
  const raw = request.raw?.rawHeaders ?? request.rawHeaders;
  if (found.length === 0 || raw === undefined) return;
  for (let i = raw.length - 2; i >= 0; i -= 2) {
    if (found.includes(String(raw[i]).toLowerCase())) raw.splice(i, 2);
  }
}

/** Puts an allow's headers on the request, for the handler and the upstream. */
export function applyToRequest(request: HttpRequest, decision: Decision): void {
  for (const name of decision.removeHeaders ?? []) Reflect.deleteProperty(request.headers, name);
  for (const [name, value] of Object.entries(decision.headers ?? {})) {
    request.headers[name] = typeof value === 'string' ? value : [...value];
  }
}

/** Runs work with a signal that is aborted when the client goes away. */
export async function whileConnected<T>(
  reply: HttpReply,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const raw = rawOf(reply);
  const gone = new AbortController();
  const onClose = (): void => {
    if (!raw.writableFinished) gone.abort();
  };
  if (raw.destroyed) gone.abort();
  raw.once('close', onClose);
  try {
    return await work(gone.signal);
  } finally {
    raw.off('close', onClose);
  }
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
