import { Logger } from '@nestjs/common';
import type { ForwardedResponse } from './forwarded-response.js';
import { UNUSABLE_RESPONSE } from './refuse.js';
import { Refused } from './refused.js';
import { upstreamError } from './upstream-error.js';

const logger = new Logger('Mcp');

/**
 * Sends the client an upstream response that is not a stream. The gateway reads every such response, whatever its
 * content type and status, and inspects the message. A response with an error status reaches the client with this
 * status, and with the upstream's code and message under the id of the call.
 *
 * @throws Refused when a policy stops the result, or the response has neither the call's result nor an error
 */
export async function forwardMessage({
  exchange,
  upstream,
  headers,
  inspector,
  call,
}: ForwardedResponse): Promise<void> {
  const { server, response } = exchange;
  const { status } = upstream;
  const text = await server.upstream.read(upstream, server.entry.maxResultBytes, response.signal);
  const inspected = await inspector.inspect(text);
  if (inspected.kind === 'pass' && (inspected.isResponse || (call === undefined && isError(text)))) {
    response.json(status, inspected.text, headers);
    return;
  }
  if (inspected.kind === 'refuse' && call?.request.id === inspected.id) {
    throw new Refused(inspected.refusal, call);
  }
  if (status < 400) {
    logger.warn(`${server.entry.name}: the gateway does not forward a response with status ${status}`);
    throw new Refused(UNUSABLE_RESPONSE, call);
  }
  if (call !== undefined) await exchange.session.settle(call);
  response.json(status, upstreamError(status, text, call?.request.id), headers);
}

// Without a call only an error passes, because an error holds no result that a policy would have to see.
const isError = (text: string): boolean => 'error' in (JSON.parse(text) as object);
