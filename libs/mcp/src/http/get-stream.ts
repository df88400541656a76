import { GatewayError } from '../protocol/gateway-error.js';
import { INVALID_REQUEST } from '../protocol/parse.js';
import type { OpenStreams } from '../session/open-streams.js';
import { admit } from './admit.js';
import { enterSession } from './enter-session.js';
import { sendUpstream, upstreamHeaders } from './exchange.js';
import type { Exchange } from './exchange.js';
import { forward } from './forward.js';

/**
 * Handles a GET. It opens the stream on which the server sends its own messages, or resumes a stream.
 *
 * @throws Refused when a policy stops the stream; GatewayError 404 when the subject must not resume the stream
 */
export async function getStream(exchange: Exchange, streams: OpenStreams): Promise<void> {
  const { request, response, session } = exchange;
  enterSession(exchange);
  const lastEvent = request.headers['last-event-id'];
  if (lastEvent !== undefined && !(await session.mayResume(String(lastEvent)))) {
    throw new GatewayError(404, INVALID_REQUEST, 'Stream not found');
  }
  await admit(exchange, 'legacy', 'GET');
  const headers = {
    ...upstreamHeaders(exchange, await session.permit()),
    ...(lastEvent !== undefined && { 'last-event-id': String(lastEvent) }),
  };
  const run = async (): Promise<void> => {
    await forward(exchange, await sendUpstream(exchange, { method: 'GET', headers }));
  };
  await streams.hold(() => response.finish(), run);
}
