import type { IncomingHttpHeaders } from 'node:http';
import { StreamableFile } from '@nestjs/common';
import type { HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import '@fastify/reply-from';
import { relay, rememberHeaders } from './relay.js';
import { failure, undecidable } from './failure.js';
import { requestHeaders, responseHeaders } from './headers.js';
import { detachBody } from './upload.js';
import { upstreamTarget } from './upstream-path.js';
import { unreadable } from './unreadable.js';
import { withCall } from './upstream.js';
import type { Upstream } from './upstream.js';

interface BodyOptions {
  readonly type?: string;
  readonly length?: number;
}

/**
 * Forwards a request to the upstream. The function puts the upstream's status and headers on the reply.
 *
 * @returns the body of the upstream's response, as a stream
 * @throws BadGatewayException when the upstream is unreachable or closes the connection early
 * @throws GatewayTimeoutException when the upstream does not respond within its timeout
 * @throws InternalServerErrorException when a response policy can't read the response
 */
export function forward(
  request: FastifyRequest,
  reply: FastifyReply,
  upstream: Upstream,
): Promise<StreamableFile> {
  const { path, query } = upstreamTarget(request.raw.url ?? '');
  const signal = whenGone(reply);
  const restoreHeaders = rememberHeaders(reply);
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw failure(upstream, signal.reason);
    let body: BodyOptions = {};
    let refusal: HttpException | undefined;
    const refuse = (error: HttpException) => {
      refusal = error;
      restoreHeaders();
      reject(error);
    };
    const send = () => {
      detachBody(request);
      reply.from(upstream.url.origin, {
        rewriteRequestHeaders: () => requestHeaders(request, upstream),
        rewriteHeaders: (headers) => {
          body = bodyOptions(headers);
          // A response to HEAD has no body, so a response policy can always decide it.
          const isShown = upstream.entry.response !== undefined && request.method !== 'HEAD';
          const obstacle = isShown ? unreadable(headers) : undefined;
          if (obstacle !== undefined) refusal = undecidable(upstream, obstacle);
          return responseHeaders(headers, request, upstream);
        },
        // Never retry: only the client knows whether a second call is safe.
        retryDelay: () => null,
        onError: (_reply, { error }) => refuse(failure(upstream, error.cause)),
        // reply-from also calls onResponse after onError when the upstream's status is not an HTTP status.
        onResponse: (_request, _reply, { stream }) => {
          if (refusal !== undefined) {
            stream.destroy();
            refuse(refusal);
            return;
          }
          // reply-from sets `Connection: close` when the response begins before the request body ends. The gateway reads
          // the rest of the body, so the connection can stay open.
          if (reply.hasHeader('connection')) reply.removeHeader('connection');
          const broken = (cause: unknown): HttpException => {
            restoreHeaders();
            return failure(upstream, cause);
          };
          resolve(new StreamableFile(relay(stream, broken), body));
        },
      });
    };
    signal.addEventListener('abort', () => refuse(failure(upstream, signal.reason)), { once: true });
    withCall({ pool: upstream.pool, path: upstream.pathOf(path) + query, signal }, send);
  });
}

function bodyOptions(headers: IncomingHttpHeaders): BodyOptions {
  const { 'content-type': type, 'content-length': length } = headers;
  return { ...(type !== undefined && { type }), ...(length !== undefined && { length: Number(length) }) };
}

/** A signal that is aborted when the client disconnects before it has received the whole response. */
function whenGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  if (raw.destroyed) gone.abort();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
