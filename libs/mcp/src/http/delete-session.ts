import { admit } from './admit.js';
import { enterSession } from './enter-session.js';
import { sendUpstream, upstreamHeaders } from './exchange.js';
import type { Exchange } from './exchange.js';
import { forward } from './forward.js';

/**
 * Handles a DELETE, which ends a session.
 *
 * @throws Refused when a policy stops the request; GatewayError 404 when the session belongs to another subject
 */
export async function deleteSession(exchange: Exchange): Promise<void> {
  const { server, response, session } = exchange;
  enterSession(exchange);
  await admit(exchange, 'legacy', 'DELETE');
  const headers = upstreamHeaders(exchange, await session.permit());
  const upstream = await sendUpstream(exchange, { method: 'DELETE', headers });
  if (upstream.status >= 300) {
    await forward(exchange, upstream);
    return;
  }
  await session.end();
  await server.upstream.drop(upstream);
  response.empty(upstream.status);
}
