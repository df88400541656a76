import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import { responseTrailers } from './trailers.js';
import type { Upstream } from './upstream.js';
import { UpstreamTimeoutError } from './wait-limit.js';

/** How long a streamed response may pause when the upstream has no response policy, in milliseconds. */
export const STREAM_PAUSE_MS = 300_000;

/**
 * The body of an upstream's response, as a stream. The trailers follow the body, unless a response policy decides the
 * response: the policy would not see the trailers.
 *
 * @param refusal - makes the exception for the client from the error of the body. The client gets its status when the
 * gateway has not sent anything yet.
 */
export function upstreamBody(
  response: IncomingMessage,
  { raw }: FastifyReply,
  upstream: Upstream,
  refusal: (cause: unknown) => Error,
): PassThrough {
  const { entry } = upstream;
  limitPauses(response, entry.response === undefined ? STREAM_PAUSE_MS : entry.timeout);
  const body = new PassThrough({
    flush: (done) => {
      if (entry.response === undefined) raw.addTrailers(responseTrailers(response, upstream));
      done();
    },
  });
  response.on('error', (cause) => body.destroy(refusal(cause)));
  body.on('close', () => {
    // Node reuses the connection only after somebody has read the whole response.
    if (response.complete) response.resume();
    else response.destroy();
  });
  return response.pipe(body);
}

/** Ends a response whose upstream pauses for too long. A client that reads slowly does not count. */
function limitPauses(response: IncomingMessage, ms: number): void {
  const { socket } = response;
  const onTimeout = (): void => {
    if (!response.isPaused()) response.destroy(new UpstreamTimeoutError(ms));
  };
  socket.setTimeout(ms, onTimeout);
  response.once('close', () => socket.off('timeout', onTimeout));
}
