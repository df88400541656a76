import type { ExecutionContext } from '@nestjs/common';
import type { HttpException } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import type { EventEmitter } from 'node:events';
import type { Decision, HeaderValues } from '../contracts/index.js';
import { isError, OpaError } from '../contracts/index.js';
import { httpFailure, OpaDeniedException } from '../decision/index.js';
import type { HttpRequest } from '../input/index.js';
import { matchesHeader } from '../input/index.js';

interface RawReply extends EventEmitter {
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
}

/** What the library needs of a reply, the same on Express and Fastify. */
export interface HttpReply {
  readonly statusCode: number;
  readonly raw?: RawReply;
  header(name: string, value: string | string[]): unknown;
  removeHeader(name: string): unknown;
  getHeaders(): Record<string, string | string[] | number | undefined>;
}

const logger = new Logger('OpaEnforcement');

/** The reply of an HTTP context. */
export function httpReply(context: ExecutionContext): HttpReply {
  return context.switchToHttp().getResponse<HttpReply>();
}

/** Sets headers on the answer to the client. */
export function setHeaders(reply: HttpReply, headers: HeaderValues | undefined): void {
  for (const [name, value] of Object.entries(headers ?? {})) {
    reply.removeHeader(name);
    reply.header(name, typeof value === 'string' ? value : [...value]);
  }
}

/** Refuses a request: the denial's own headers, and its exception. */
export function denial(decision: Decision, reply: HttpReply): HttpException {
  setHeaders(reply, decision.headers);
  return new OpaDeniedException(decision);
}

/** Refuses a request that could not be decided; address and cause go to the log alone. */
export function failure(error: unknown, reply: HttpReply): HttpException {
  const { exception, retryAfter } = httpFailure(error);
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  const known = error instanceof OpaError;
  if (!known || error.code !== 'OPA_ABORTED') {
    logger.error(
      known ? `${error.code}: ${error.message}${causeOf(error)}` : `A decision failed: ${String(error)}`,
    );
  }
  return exception;
}

function causeOf(error: OpaError): string {
  return isError(error.cause) ? ` Cause: ${error.cause.message}` : '';
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
  const raw = reply.raw ?? (reply as unknown as RawReply);
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
