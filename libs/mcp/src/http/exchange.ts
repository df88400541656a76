import type { IncomingHttpHeaders } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import { pickHeaders } from 'nestjs-opa/internal';
import type { McpEnforcer, McpOrigin, McpPermit } from '../policy/enforcer.js';
import type { McpCaller } from '../protocol/call.js';
import { SubjectSession } from '../session/subject-session.js';
import type { ClientRequest } from './client-request.js';
import type { ClientResponse } from './client-response.js';
import { subjectOf } from './mcp-server.js';
import type { DecidedServer, McpServer } from './mcp-server.js';

/** One HTTP request of a client to an MCP server: who calls whom, in which session, and the response. */
export interface Exchange {
  readonly server: McpServer;
  readonly enforcer: McpEnforcer;
  readonly request: ClientRequest;
  readonly response: ClientResponse;
  readonly caller: McpCaller;
  /** The caller as one text. */
  readonly subject: string;
  readonly session: SubjectSession;
  /** What decisions on its messages are given along. */
  readonly origin: McpOrigin;
}

/** What an exchange is opened with. */
export interface ExchangeParts extends DecidedServer {
  readonly request: ClientRequest;
  readonly response: ClientResponse;
  /** The caller's claims; `undefined` for an anonymous caller. */
  readonly claims: McpCaller['claims'];
  readonly context: ExecutionContext;
}

/** Opens an exchange. Headers that only a policy may set leave the request first. */
export function openExchange({
  server,
  enforcer,
  request,
  response,
  claims,
  context,
}: ExchangeParts): Exchange {
  const { headers, seal } = server.settings;
  headers.strip(request.raw);
  const caller = {
    claims,
    audience: server.audience,
    ip: request.ip,
    headers: pickHeaders(request.headers, headers.seen),
  };
  const subject = subjectOf(caller);
  const records = { name: server.entry.name, seal, ledger: server.ledger };
  const session = new SubjectSession(records, subject);
  const origin = { signal: response.signal, context };
  return { server, enforcer, request, response, caller, subject, session, origin };
}

/**
 * What the upstream gets of the request's headers.
 *
 * @param compared - those of the headers that repeat the message which were compared with it; no other goes on
 * @param permit - the headers of the policy that allowed the request
 */
export function upstreamHeaders(
  { server, request, session }: Exchange,
  compared: readonly string[] = [],
  permit: McpPermit = {},
): IncomingHttpHeaders {
  const headers = server.settings.headers.toUpstream(request.headers, compared, permit);
  return { ...headers, ...session.toUpstream() };
}

/** What the client gets of the upstream's headers; the session's id as the client knows it. */
export function clientHeaders(
  { server, session }: Exchange,
  headers: IncomingHttpHeaders,
): IncomingHttpHeaders {
  return { ...server.settings.headers.toClient(headers), ...session.toClient(headers) };
}
