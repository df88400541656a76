import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/**
 * An upstream's body, whose failure is the upstream's: as long as nothing has been sent, the client gets a 502 or 504.
 *
 * @param refusal - what the client is told when the body fails
 */
export function relay(body: Readable, refusal: (cause: unknown) => Error): Readable {
  const through = new PassThrough();
  body.on('error', (cause) => through.destroy(refusal(cause)));
  through.on('close', () => body.destroy());
  return body.pipe(through);
}

/**
 * Remembers the headers of a reply.
 *
 * @returns a function that gives the reply these headers back in place of an upstream's, unless they have left
 */
export function rememberHeaders(reply: FastifyReply): () => void {
  const before = reply.getHeaders();
  return () => {
    if (reply.raw.headersSent) return;
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
    reply.headers(before);
  };
}
