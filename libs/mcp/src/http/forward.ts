import type { McpCall } from '../protocol/call.js';
import type { UpstreamResponse } from '../upstream/upstream-client.js';
import { clientHeaders } from './exchange.js';
import type { Exchange } from './exchange.js';
import { forwardEvents } from './forward-events.js';
import { forwardMessage } from './forward-message.js';
import { Inspector } from './inspector.js';
import { REDIRECTED } from './refuse.js';
import { Refused } from './refused.js';
import { reportRedirect, reportUnauthorized } from './report.js';

/**
 * Sends an upstream's response to the client, after the policies have decided its messages.
 *
 * @param call - the request that the response belongs to; leave it out for a notification, GET and DELETE
 * @throws Refused when a policy stops the result, or the response can't be forwarded
 */
export async function forward(exchange: Exchange, upstream: UpstreamResponse, call?: McpCall): Promise<void> {
  const { status } = upstream;
  if (status === 401) reportUnauthorized(exchange);
  if (status >= 300 && status < 400) {
    // The client must not follow the redirect: its request to the target would pass no policy.
    upstream.body.destroy();
    reportRedirect(exchange, upstream);
    throw new Refused(REDIRECTED, call);
  }
  const send = upstream.streams ? forwardEvents : forwardMessage;
  const headers = clientHeaders(exchange, upstream.headers);
  await send({ exchange, upstream, headers, inspector: new Inspector(exchange, call), call });
}
