import type { IncomingMessage } from 'node:http';
import { BadRequestException } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../config/index.js';
import { ClientErrors } from './client-errors.js';
import { assertPlainHost } from './host-rule.js';
import { removeNamed } from 'nestjs-opa-mcp/internal';
import { assertPlainPath, withPlainPath } from './path-rules.js';

/** How late Node may notice that a request has not arrived in time, in milliseconds. */
const MAX_CHECK_MS = 1_000;
/** Methods whose body Fastify leaves unread. */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'TRACE']);

/**
 * The HTTP side of the gateway: bodies are left as streams, and what could be read in two ways is refused before
 * anything else happens.
 */
export function createAdapter({
  requestTimeout,
}: Pick<GatewayConfig['listen'], 'requestTimeout'>): FastifyAdapter {
  const errors = new ClientErrors();
  const adapter = new FastifyAdapter({
    forceCloseConnections: 'idle',
    requestTimeout,
    http: {
      requestTimeout,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: Math.min(MAX_CHECK_MS, requestTimeout),
    },
    clientErrorHandler: errors.handle,
    // A request that still arrives while the gateway closes is served, with `Connection: close`.
    return503OnClosing: false,
    rewriteUrl: (request: IncomingMessage) => {
      const url = withPlainPath(request.url ?? '');
      // Fastify keeps the first spelling there, and that is what a policy would see.
      Object.assign(request, { originalUrl: url });
      return url;
    },
  });
  const instance = adapter.getInstance();
  errors.watch(instance.server);
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload);
  });
  instance.addHook('onRequest', (request, _reply, done) => {
    // Node has read further requests of a connection that was closed meanwhile: nobody waits for their answers.
    if (request.raw.socket.destroyed) return;
    assertPlainPath(request.raw.url ?? '');
    assertPlainHost(request.raw);
    assertPlainBody(request);
    done();
  });
  // Before any header of a decision is there, which a client must not be able to name in `Connection`.
  instance.addHook('preHandler', (request, _reply, done) => {
    removeNamed(request.headers);
    done();
  });
  return adapter;
}

/** A body that is dropped, or passed on in a coding that isn't, would be another request than the client's. */
function assertPlainBody({ method, headers }: FastifyRequest): void {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = headers;
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    throw new BadRequestException('The Transfer-Encoding must be chunked');
  }
  if (!WITHOUT_BODY.has(method)) return;
  if (length !== '0' || coding !== undefined) {
    throw new BadRequestException(`A ${method} request must not have a body`);
  }
}
