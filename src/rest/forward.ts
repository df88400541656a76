import type { IncomingHttpHeaders } from 'node:http';
import { StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import '@fastify/reply-from';
import { dropHeaders, relay } from './relay.js';
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
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw failure(upstream, signal.reason);
    let body: BodyOptions = {};
    let obstacle: string | undefined;
    const fail = (cause: unknown) => {
      reject(failure(upstream, cause));
    };
    const send = () => {
      detachBody(request);
      reply.from(upstream.url.origin, {
        rewriteRequestHeaders: () => requestHeaders(request, upstream),
        rewriteHeaders: (headers) => {
          body = bodyOptions(headers);
          // An answer to HEAD has no body that could hide anything.
          const isShown = upstream.entry.response !== undefined && request.method !== 'HEAD';
          obstacle = isShown ? unreadable(headers) : undefined;
          return responseHeaders(headers, upstream);
        },
        // A call isn't repeated: nobody but the client knows whether it may be.
        retryDelay: () => null,
        onError: (_reply, { error }) => fail(error.cause),
        onResponse: (_request, _reply, { stream }) => {
          if (obstacle !== undefined) {
            stream.destroy();
            dropHeaders(reply);
            reject(undecidable(upstream, obstacle));
            return;
          }
          // Set when the answer came before the end of the body, whose rest is read all the same.
          if (reply.hasHeader('connection')) reply.removeHeader('connection');
          resolve(new StreamableFile(relay(stream, reply, upstream), body));
        },
      });
    };
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
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
