import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { failure } from './failure.js';
import type { Upstream } from './upstream.js';

/**
 * An upstream's body, whose failure is the upstream's: as long as nothing has been sent, the client gets a 502 or
 * 504 without the headers of the answer that never came.
 */
export function relay(body: Readable, reply: FastifyReply, upstream: Upstream): Readable {
  const through = new PassThrough();
  body.on('error', (cause) => {
    dropHeaders(reply);
    through.destroy(failure(upstream, cause));
  });
  through.on('close', () => body.destroy());
  return body.pipe(through);
}

/** Takes an upstream's headers off the reply, unless they have left. */
export function dropHeaders(reply: FastifyReply): void {
  if (!reply.raw.headersSent) for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
}
