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
 * Passes a request on, and gives the upstream's answer: status and headers on the reply, the body as a stream.
 *
 * @throws BadGatewayException when the upstream can't be reached or breaks off
 * @throws GatewayTimeoutException when it is late
 * @throws InternalServerErrorException when a response policy could not be shown its answer
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
          // An answer to HEAD has no body that could hide anything.
          const isShown = upstream.entry.response !== undefined && request.method !== 'HEAD';
          const obstacle = isShown ? unreadable(headers) : undefined;
          if (obstacle !== undefined) refusal = undecidable(upstream, obstacle);
          return responseHeaders(headers, request, upstream);
        },
        // A call isn't repeated: nobody but the client knows whether it may be.
        retryDelay: () => null,
        onError: (_reply, { error }) => refuse(failure(upstream, error.cause)),
        // Called after onError too, for a status that HTTP doesn't have.
        onResponse: (_request, _reply, { stream }) => {
          if (refusal !== undefined) {
            stream.destroy();
            refuse(refusal);
            return;
          }
          // Set when the answer came before the end of the body, whose rest is read all the same.
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

/** Aborted when the client goes away before it has the whole answer. */
function whenGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  if (raw.destroyed) gone.abort();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
