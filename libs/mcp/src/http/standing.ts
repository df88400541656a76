import { INVALID_REQUEST } from '../protocol/parse.js';
import { admit } from './admit.js';
import { isLegacyHeader, isModernHeader } from '../protocol/era.js';
import type { Exchange } from './exchange.js';
import { GatewayError } from '../protocol/gateway-error.js';
import { Inspector } from './inspector.js';
import { passAnswer } from './pass-answer.js';
import { refuseUnanswered } from './refuse.js';
import { relayEvents } from './relay-events.js';
import type { StandingStreams } from '../session/standing-streams.js';

/**
 * Opens the stream of what the server has to say, or resumes one.
 *
 * @throws GatewayError 404 when the stream isn't the subject's to resume
 */
export async function listen(exchange: Exchange, standing: StandingStreams): Promise<void> {
  const { server, signal, request } = exchange;
  assertSessions(exchange);
  const last = request.headers['last-event-id'];
  const resumed = last === undefined ? {} : { 'last-event-id': String(last) };
  if (last !== undefined && !exchange.mayResume(String(last))) {
    throw new GatewayError(404, INVALID_REQUEST, 'Stream not found');
  }
  const refusal = await admit(exchange, 'legacy', 'GET');
  if (refusal !== undefined) return refuseUnanswered(exchange, refusal);
  const headers = { ...exchange.upstreamHeaders(), ...resumed };
  await standing.hold(
    () => exchange.finish(),
    async () => {
      const answer = await server.upstream.send({ method: 'GET', headers, signal });
      const given = exchange.clientHeaders(answer.headers);
      const inspector = new Inspector(exchange);
      if (answer.streams) await relayEvents(exchange, answer, inspector, given);
      else await passAnswer(exchange, answer, inspector, given);
    },
  );
}

/**
 * Ends a session.
 *
 * @throws GatewayError 404 when it isn't the subject's
 */
export async function endSession(exchange: Exchange): Promise<void> {
  const { server, signal, reply } = exchange;
  assertSessions(exchange);
  const refusal = await admit(exchange, 'legacy', 'DELETE');
  if (refusal !== undefined) return refuseUnanswered(exchange, refusal);
  const answer = await server.upstream.send({
    method: 'DELETE',
    headers: exchange.upstreamHeaders(),
    signal,
  });
  if (answer.status >= 400) {
    const given = exchange.clientHeaders(answer.headers);
    return passAnswer(exchange, answer, new Inspector(exchange), given);
  }
  await server.upstream.drop(answer);
  await reply.code(answer.status).send();
}

// The newer era has neither.
function assertSessions(exchange: Exchange): void {
  const { headers } = exchange.request;
  if (!isLegacyHeader(headers)) {
    const named = headers['mcp-session-id'] !== undefined && !isModernHeader(headers);
    throw named
      ? new GatewayError(400, INVALID_REQUEST, 'Unsupported MCP-Protocol-Version for a session')
      : new GatewayError(405, INVALID_REQUEST, 'Method not allowed', null, { allow: 'POST' });
  }
  exchange.enter();
}
