import { PassThrough, Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';

/**
 * Puts a separate stream between the client's body and the upstream. A failed call to the upstream destroys the separate
 * stream, and the client's connection stays open. The gateway then reads and drops the rest of the body, as Node does
 * with an unread body.
 */
export function detachBody(request: FastifyRequest): void {
  const { body } = request;
  if (!(body instanceof Readable)) return;
  const through = new PassThrough();
  through.on('close', () => body.resume());
  request.body = body.pipe(through);
}
