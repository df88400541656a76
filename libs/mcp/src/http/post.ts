import type { JsonRpcRequest } from '../protocol/json-rpc.js';
import { methodOf } from '../protocol/methods/index.js';
import type { OpenStreams } from '../session/open-streams.js';
import { callUpstream } from './call-upstream.js';
import { deliver } from './deliver.js';
import type { Exchange } from './exchange.js';
import { readMessage } from './read-message.js';
import type { ClientMessage } from './read-message.js';

/**
 * Handles the POST of one client message.
 *
 * @throws Refused when a policy stops the message; GatewayError when the gateway itself refuses the message, or the
 * upstream does not respond
 */
export async function post(exchange: Exchange, streams: OpenStreams): Promise<void> {
  const account = exchange.server.settings.bodies.open();
  try {
    const received = await readMessage(exchange, account);
    if (!isRequest(received)) await deliver(exchange, received);
    else if (methodOf(received.message.method)?.staysOpen !== true) await callUpstream(exchange, received);
    else
      await streams.hold(
        () => exchange.response.finish(),
        () => callUpstream(exchange, received),
      );
  } finally {
    // The message stays in memory until now, because the policy's input for the result contains the message.
    account.close();
  }
}

const isRequest = (received: ClientMessage): received is ClientMessage<JsonRpcRequest> =>
  'method' in received.message && 'id' in received.message;
