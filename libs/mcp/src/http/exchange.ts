import type { IncomingHttpHeaders } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import { pickHeaders } from 'nestjs-opa/internal';
import type { McpEnforcer, McpOrigin, McpPermit } from '../policy/enforcer.js';
import { subjectOf } from '../protocol/call.js';
import type { McpCaller } from '../protocol/call.js';
import { bearerTokenOf } from '../upstream/bearer-token.js';
import type { UpstreamRequest, UpstreamResponse } from '../upstream/upstream-client.js';
import { SubjectSession } from '../session/subject-session.js';
import type { ClientRequest } from './client-request.js';
import type { ClientResponse } from './client-response.js';
import type { DecidedServer, McpServer } from './mcp-server.js';

/** One HTTP request of a client to an MCP server, with its caller, its session and its response. */
export interface Exchange {
  readonly server: McpServer;
  readonly enforcer: McpEnforcer;
  readonly request: ClientRequest;
  readonly response: ClientResponse;
  readonly caller: McpCaller;
  /** The caller as a text: see {@link subjectOf}. */
  readonly subject: string;
  readonly session: SubjectSession;
  /** The verified token of the caller; `undefined` for an anonymous caller, or a caller without a bearer token. */
  readonly subjectToken: string | undefined;
  /** The HTTP request's signal and context, which the gateway passes to each decision. */
  readonly origin: McpOrigin;
}

/** The parts from which {@link openExchange} makes an exchange. */
export interface ExchangeParts extends DecidedServer {
  readonly request: ClientRequest;
  readonly response: ClientResponse;
  /** The caller's claims; `undefined` for an anonymous caller. */
  readonly claims: McpCaller['claims'];
  readonly context: ExecutionContext;
}

/** Opens an exchange. Removes untrusted headers, and headers that only a policy may set, from the request first. */
export function openExchange({
  server,
  enforcer,
  request,
  response,
  claims,
  context,
}: ExchangeParts): Exchange {
  const { headers, seal } = server.settings;
  const subjectToken = claims === undefined ? undefined : bearerTokenOf(request.headers);
  headers.strip(request.raw, server.upstream.credentials.removedHeaders);
  const caller = {
    claims,
    audience: server.audienceFor(claims),
    ip: request.ip,
    headers: pickHeaders(request.headers, headers.visible),
  };
  const subject = subjectOf(caller);
  const records = { name: server.entry.name, seal, ledger: server.ledger, permits: server.permits };
  const session = new SubjectSession(records, subject, claims === undefined);
  const origin = { signal: response.signal, context };
  return { server, enforcer, request, response, caller, subject, session, subjectToken, origin };
}

/**
 * Builds the headers that the upstream receives.
 *
 * @param permit - what the policy set; for a message that no policy decides, see `SubjectSession.permit`
 * @param compared - the mirrored headers that match the message; the upstream receives no other mirrored header
 */
export function upstreamHeaders(
  { server, request, session }: Exchange,
  permit: McpPermit,
  compared: readonly string[] = [],
): IncomingHttpHeaders {
  const headers = server.settings.headers.toUpstream(request.headers, compared, permit);
  return { ...headers, ...session.toUpstream() };
}

/**
 * Builds the headers that the client receives from the upstream's headers. Replaces the session id by the client's id.
 */
export function clientHeaders(
  { server, session }: Exchange,
  headers: IncomingHttpHeaders,
): IncomingHttpHeaders {
  const { hiddenHeaders } = server.upstream.credentials;
  return { ...server.settings.headers.toClient(headers, hiddenHeaders), ...session.toClient(headers) };
}

/** Sends the upstream a request of the exchange, with the credentials of the upstream's entry. */
export function sendUpstream(
  { server, response, subjectToken }: Exchange,
  request: Pick<UpstreamRequest, 'method' | 'headers' | 'body'>,
): Promise<UpstreamResponse> {
  return server.upstream.send({ ...request, subjectToken, signal: response.signal });
}
