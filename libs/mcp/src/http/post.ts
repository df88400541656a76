import type { JsonRpcRequest } from '../protocol/json-rpc.js';
import { methodOf } from '../protocol/methods/index.js';
import type { StandingStreams } from '../session/standing-streams.js';
import { callUpstream } from './call-upstream.js';
import { deliver } from './deliver.js';
import type { Exchange } from './exchange.js';
import { readMessage } from './read-message.js';
import type { ClientMessage } from './read-message.js';

/**
 * Takes one message of a client.
 *
 * @throws Refused when a policy stops the message; GatewayError when the gateway itself refuses it, or the upstream gives no answer
 */
export async function post(exchange: Exchange, streams: StandingStreams): Promise<void> {
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
    // Until then the message is in memory: it is part of the input that decides its answer.
    account.close();
  }
}

const isRequest = (received: ClientMessage): received is ClientMessage<JsonRpcRequest> =>
  'method' in received.message && 'id' in received.message;
