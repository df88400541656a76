import { Logger } from '@nestjs/common';
import type { McpCall } from '../protocol/call.js';
import type { Exchange } from './exchange.js';
import type { Inspector } from './inspector.js';
import { errorText, NO_ANSWER } from './refuse.js';
import { Refused } from './refused.js';
import type { UpstreamAnswer } from '../upstream/upstream-client.js';

const logger = new Logger('Mcp');

/**
 * Sends the client an upstream response that is not a stream. The gateway reads every such response, whatever its
 * content type and status, and inspects the message. The client receives the upstream's error status.
 *
 * @param call - the request that the message must answer; without it, only an error passes
 * @throws Refused when a policy stops the result
 */
export async function passAnswer(
  exchange: Exchange,
  answer: UpstreamAnswer,
  inspector: Inspector,
  headers: UpstreamAnswer['headers'],
  call?: McpCall,
): Promise<void> {
  const { server, response } = exchange;
  const text = await server.upstream.read(answer, server.entry.maxResultBytes, response.signal);
  const seen = await inspector.inspect(text);
  if (seen.kind === 'pass' && (seen.answers || (call === undefined && isError(text)))) {
    response.json(answer.status, seen.text, headers);
    return;
  }
  if (seen.kind === 'refuse' && call?.request.id === seen.id) throw new Refused(seen.refusal, call);
  const failed = answer.status >= 400;
  if (!failed || text !== '')
    logger.warn(`${server.entry.name}: an answer is not passed on: ${answer.status}`);
  const status = failed ? answer.status : server.entry.denial === 'http' || call === undefined ? 502 : 200;
  response.json(status, errorText(call?.request.id, NO_ANSWER), failed ? headers : {});
}

// Without a call only an error passes, because an error holds no result that a policy would have to see.
const isError = (text: string): boolean => 'error' in (JSON.parse(text) as object);
