import type { IncomingMessage } from 'node:http';
import { BadRequestException } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../config/index.js';
import { ClientErrors } from './client-errors.js';
import { assertPlainHost } from './host-rule.js';
import { removeNamed } from './hop-by-hop.js';
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
    assertPlainPath(request.raw.url ?? '');
    assertPlainHost(request.raw);
    assertNoHiddenBody(request);
    done();
  });
  // Before any header of a decision is there, which a client must not be able to name in `Connection`.
  instance.addHook('preHandler', (request, _reply, done) => {
    removeNamed(request.headers);
    done();
  });
  return adapter;
}

/** A body that isn't passed on would leave the upstream with another request than the client's. */
function assertNoHiddenBody({ method, headers }: FastifyRequest): void {
  if (!WITHOUT_BODY.has(method)) return;
  if ((headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined) {
    throw new BadRequestException(`A ${method} request must not have a body`);
  }
}
