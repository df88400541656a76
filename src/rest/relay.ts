import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/**
 * Relays an upstream's body and replaces an error of the body by an HTTP exception. The client gets status 502 or 504
 * when the gateway has not sent anything yet.
 *
 * @param refusal - makes the exception for the client from the error of the body
 */
export function relay(body: Readable, refusal: (cause: unknown) => Error): Readable {
  const through = new PassThrough();
  body.on('error', (cause) => through.destroy(refusal(cause)));
  through.on('close', () => body.destroy());
  return body.pipe(through);
}

/**
 * Saves the headers of a reply.
 *
 * @returns a function that replaces the upstream's headers by the saved headers, unless the reply has sent its headers
 */
export function rememberHeaders(reply: FastifyReply): () => void {
  const before = reply.getHeaders();
  return () => {
    if (reply.raw.headersSent) return;
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
    reply.headers(before);
  };
}
