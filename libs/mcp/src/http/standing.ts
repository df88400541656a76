import { isLegacyHeader, isModernHeader } from '../protocol/era.js';
import { GatewayError } from '../protocol/gateway-error.js';
import { INVALID_REQUEST } from '../protocol/parse.js';
import type { StandingStreams } from '../session/standing-streams.js';
import { admit } from './admit.js';
import { clientHeaders, upstreamHeaders } from './exchange.js';
import type { Exchange } from './exchange.js';
import { Inspector } from './inspector.js';
import { passAnswer } from './pass-answer.js';
import { relayEvents } from './relay-events.js';

/**
 * Opens the stream of a GET, on which the server sends its own messages, or resumes a stream.
 *
 * @throws Refused when a policy stops the stream; GatewayError 404 when the subject must not resume the stream
 */
export async function listen(exchange: Exchange, streams: StandingStreams): Promise<void> {
  const { server, request, response, session } = exchange;
  enterSession(exchange);
  const last = request.headers['last-event-id'];
  const resumed = last === undefined ? {} : { 'last-event-id': String(last) };
  if (last !== undefined && !session.mayResume(String(last))) {
    throw new GatewayError(404, INVALID_REQUEST, 'Stream not found');
  }
  await admit(exchange, 'legacy', 'GET');
  const headers = { ...upstreamHeaders(exchange), ...resumed };
  const run = async (): Promise<void> => {
    const answer = await server.upstream.send({ method: 'GET', headers, signal: response.signal });
    const pass = answer.streams ? relayEvents : passAnswer;
    await pass(exchange, answer, new Inspector(exchange), clientHeaders(exchange, answer.headers));
  };
  await streams.hold(() => response.finish(), run);
}

/**
 * Ends a session.
 *
 * @throws Refused when a policy stops the request; GatewayError 404 when the session belongs to another subject
 */
export async function endSession(exchange: Exchange): Promise<void> {
  const { server, response } = exchange;
  enterSession(exchange);
  await admit(exchange, 'legacy', 'DELETE');
  const headers = upstreamHeaders(exchange);
  const answer = await server.upstream.send({ method: 'DELETE', headers, signal: response.signal });
  if (answer.status >= 400) {
    await passAnswer(exchange, answer, new Inspector(exchange), clientHeaders(exchange, answer.headers));
    return;
  }
  await server.upstream.drop(answer);
  response.empty(answer.status);
}

// The modern era has no sessions and no GET, so GET and DELETE serve the legacy era only.
function enterSession({ request: { headers }, session }: Exchange): void {
  if (isLegacyHeader(headers)) {
    session.enter(headers);
    return;
  }
  const named = headers['mcp-session-id'] !== undefined && !isModernHeader(headers);
  throw named
    ? new GatewayError(400, INVALID_REQUEST, 'Unsupported MCP-Protocol-Version for a session')
    : new GatewayError(405, INVALID_REQUEST, 'Method not allowed', null, { allow: 'POST' });
}
