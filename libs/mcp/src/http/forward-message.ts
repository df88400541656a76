import { Logger } from '@nestjs/common';
import type { Forwarded } from './forwarded.js';
import { errorText, UNUSABLE_RESPONSE } from './refuse.js';
import { Refused } from './refused.js';

const logger = new Logger('Mcp');

/**
 * Sends the client an upstream response that is not a stream. The gateway reads every such response, whatever its
 * content type and status, and inspects the message. The client receives the upstream's error status.
 *
 * @throws Refused when a policy stops the result
 */
export async function forwardMessage({
  exchange,
  upstream,
  headers,
  inspector,
  call,
}: Forwarded): Promise<void> {
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
  const isFailure = status >= 400;
  if (!isFailure || text !== '') {
    logger.warn(`${server.entry.name}: the gateway does not forward a response with status ${status}`);
  }
  const otherStatus = server.entry.denial === 'http' || call === undefined ? 502 : 200;
  response.json(
    isFailure ? status : otherStatus,
    errorText(call?.request.id, UNUSABLE_RESPONSE),
    isFailure ? headers : {},
  );
}

// Without a call only an error passes, because an error holds no result that a policy would have to see.
const isError = (text: string): boolean => 'error' in (JSON.parse(text) as object);
