import { METHODS } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { BadRequestException } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PublicUrl, removeNamed } from 'nestjs-opa-mcp/internal';
import type { GatewayConfig } from '../config/index.js';
import { ClientErrors } from './client-errors.js';
import { readProxyHeaders } from './proxy-headers.js';
import { assertPlainHost } from './host-rule.js';
import { assertPlainPath, withPlainPath } from './path-rules.js';
import { withoutPrefix } from './public-prefix.js';
import type { TlsMaterial } from './tls-files.js';
import { TrustedProxies } from './trusted-proxies.js';
import { assertUpgrade, GatewayRequest, serveUpgrades } from './upgrades.js';

/** The longest interval between Node's checks for requests that exceed the request timeout, in milliseconds. */
const MAX_CHECK_MS = 1_000;
/** Methods whose body Fastify leaves unread. */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'TRACE']);

/**
 * Creates the HTTP adapter of the gateway. The adapter does not parse bodies; they stay streams. Before any
 * guard or handler runs, the adapter refuses requests that the policy and the upstream could read differently.
 */
export function createAdapter(
  { requestTimeout, maxHeaderBytes, publicUrl, trustProxy }: GatewayConfig['listen'],
  tls?: TlsMaterial,
): FastifyAdapter {
  const errors = new ClientErrors();
  const proxies = new TrustedProxies(trustProxy);
  const toRoute = withoutPrefix(new PublicUrl(publicUrl).prefix);
  const server = {
    maxHeaderSize: maxHeaderBytes,
    IncomingMessage: GatewayRequest,
    requestTimeout,
    headersTimeout: requestTimeout,
    connectionsCheckingInterval: Math.min(MAX_CHECK_MS, requestTimeout),
  };
  const adapter = new FastifyAdapter({
    forceCloseConnections: 'idle',
    requestTimeout,
    ...(tls === undefined ? { http: server } : { https: { ...server, ...tls } }),
    ...(trustProxy.length > 0 && { trustProxy: proxies.has }),
    clientErrorHandler: errors.handle,
    // While the gateway closes, it still serves new requests and adds `Connection: close` to each response.
    return503OnClosing: false,
    rewriteUrl: (request: IncomingMessage) => {
      const url = toRoute(withPlainPath(request.url ?? ''));
      // Fastify stores the original spelling in `originalUrl`, which the policy would see. Store the plain spelling.
      Object.assign(request, { originalUrl: url });
      return url;
    },
  });
  const instance = adapter.getInstance();
  errors.watch(instance.server);
  serveUpgrades(instance.server);
  addMethods(instance);
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload);
  });
  instance.addHook('onRequest', (request, _reply, done) => {
    // Node may have read more requests of a connection that is closed by now. No client waits for their responses.
    if (request.raw.socket.destroyed) return;
    assertPlainPath(request.raw.url ?? '');
    assertPlainHost(request.raw);
    assertPlainBody(request);
    assertUpgrade(request.raw);
    readProxyHeaders(request, proxies.has);
    done();
  });
  // Remove the headers that the client names in `Connection` before a decision sets headers. Otherwise a client could
  // remove the decision's headers.
  instance.addHook('preHandler', (request, _reply, done) => {
    removeNamed(request.headers);
    done();
  });
  return adapter;
}

/** Adds the methods that Node parses and Fastify does not know, such as REPORT. CONNECT is for tunnels. */
function addMethods(instance: FastifyInstance): void {
  const known = new Set<string>([...instance.supportedMethods, 'CONNECT']);
  for (const method of METHODS) if (!known.has(method)) instance.addHttpMethod(method, { hasBody: true });
}

/** Refuses a body that the gateway would drop, and a transfer coding that the gateway would not forward. */
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
