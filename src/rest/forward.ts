import type { IncomingHttpHeaders } from 'node:http';
import { NotImplementedException, UnauthorizedException } from '@nestjs/common';
import type { StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UntypedFile } from 'nestjs-opa/internal';
import { bearerTokenOf, unknownCoding, UserTokenMissingError } from 'nestjs-opa-mcp/internal';
import type { UserRequest } from '../auth/index.js';
import { upgradeOf } from '../http/index.js';
import { clientSignal } from './client-signal.js';
import { requestHeaders, responseHeaders } from './headers.js';
import { rememberHeaders } from './reply-headers.js';
import { bodyOf } from './request-body.js';
import { sendToUpstream } from './send.js';
import type { UpstreamResponse, UpstreamRequest } from './send.js';
import { announcedTrailers, requestTrailers } from './trailers.js';
import { openTunnel } from './tunnel.js';
import { upstreamBody } from './upstream-body.js';
import { upstreamTarget } from './upstream-path.js';
import { unreadable } from './unreadable.js';
import { reportUnauthorized, unreadableResponseException, upstreamException } from './upstream-exceptions.js';
import type { Upstream } from './upstream.js';

/**
 * Forwards a request to the upstream. The function puts the upstream's status and headers on the reply.
 *
 * @returns the body of the upstream's response, as a stream; `undefined` when the connection is upgraded
 * @throws BadGatewayException when the upstream is unreachable or closes the connection early
 * @throws GatewayTimeoutException when the upstream does not respond within its timeout
 * @throws InternalServerErrorException when a response policy can't read the response
 * @throws NotImplementedException for a WebSocket to an upstream with a response policy
 */
export async function forward(
  request: FastifyRequest,
  reply: FastifyReply,
  upstream: Upstream,
): Promise<StreamableFile | undefined> {
  if (upgradeOf(request.raw) !== undefined && upstream.entry.response !== undefined) {
    throw new NotImplementedException('A response policy cannot read a WebSocket');
  }
  const sent = upstreamRequest(request, reply, upstream);
  const { claims } = request as UserRequest;
  const subjectToken = claims === undefined ? undefined : bearerTokenOf(request.raw.headers);
  const { response, upgrade } = await responseOf(upstream, sent, subjectToken);
  const headers = responseHeaders(response, request, upstream, new URL(sent.path, upstream.url));
  if (response.statusCode === 401 && upstream.hasOwnCredential) {
    reportUnauthorized(upstream);
    // The challenge is for the gateway. A client would follow it, and send its token for another server here.
    delete headers['www-authenticate'];
  }
  const requested = upgradeOf(request.raw);
  if (upgrade !== undefined && requested !== undefined) {
    openTunnel(requested.socket, reply, { ...upgrade, headers });
    return undefined;
  }
  const unreadableReason = isVisible(request, upstream) ? unreadable(headers) : undefined;
  if (unreadableReason !== undefined) {
    response.destroy();
    throw unreadableResponseException(upstream, unreadableReason);
  }
  const restoreHeaders = rememberHeaders(reply);
  reply
    .code(response.statusCode ?? 0)
    .headers({ ...headers, ...announcedTrailers(response, request, upstream) });
  const body = upstreamBody(response, reply, upstream, (cause) => {
    restoreHeaders();
    return upstreamException(upstream, sent.signal.aborted ? sent.signal.reason : cause);
  });
  return new UntypedFile(body);
}

function upstreamRequest(request: FastifyRequest, reply: FastifyReply, upstream: Upstream): UpstreamRequest {
  const { path, query } = upstreamTarget(request.raw.url ?? '');
  return {
    method: request.method,
    path: upstream.pathOf(path) + query,
    headers: requestHeaders(request, upstream),
    body: bodyOf(request),
    trailers: (headers) => requestTrailers(request.raw, headers, upstream),
    isUpgrade: upgradeOf(request.raw) !== undefined,
    signal: clientSignal(request, reply),
  };
}

async function responseOf(
  upstream: Upstream,
  sent: UpstreamRequest,
  subjectToken: string | undefined,
): Promise<UpstreamResponse> {
  try {
    const received = await sendWithCredentials(upstream, sent, subjectToken);
    const problem = problemOf(received, sent);
    if (problem === undefined) return received;
    received.response.destroy();
    received.upgrade?.socket.destroy();
    throw new Error(problem);
  } catch (cause) {
    if (cause instanceof UserTokenMissingError) throw new UnauthorizedException(cause.message);
    throw upstreamException(upstream, sent.signal.aborted ? sent.signal.reason : cause);
  }
}

/** Sends a request with the credentials of the upstream's entry. */
function sendWithCredentials(
  upstream: Upstream,
  sent: UpstreamRequest,
  subjectToken: string | undefined,
): Promise<UpstreamResponse> {
  const { method, headers, body, isUpgrade, signal } = sent;
  return upstream.credentials.send({
    headers: headers as IncomingHttpHeaders,
    subjectToken,
    signal,
    // A body is a stream, which can't be read twice.
    isRepeatable: (method === 'GET' || method === 'HEAD') && body === undefined && !isUpgrade,
    send: (withCredentials) => sendToUpstream(upstream, { ...sent, headers: withCredentials }),
    statusOf: ({ response }) => response.statusCode ?? 0,
    discard: ({ response }) => Promise.resolve(void response.resume()),
  });
}

/**
 * Why the gateway can't forward a response: its status is not one of HTTP, it opens a WebSocket without a request to do so,
 * or it has a transfer coding that Node does not decode. `undefined` for other responses.
 */
function problemOf(
  { response, upgrade }: UpstreamResponse,
  { isUpgrade }: UpstreamRequest,
): string | undefined {
  const { statusCode = 0, headers } = response;
  const isWebSocket = isUpgrade && upgrade !== undefined && headers.upgrade?.toLowerCase() === 'websocket';
  if (statusCode === 101 ? !isWebSocket : statusCode < 200 || statusCode > 599)
    return `the response has the unexpected status ${statusCode}`;
  return unknownCoding(headers);
}

/** Whether a response policy reads the body. A response to HEAD has no body, so the policy can always decide it. */
const isVisible = ({ method }: FastifyRequest, { entry }: Upstream): boolean =>
  entry.response !== undefined && method !== 'HEAD';
