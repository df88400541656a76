import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';

/** The body of a client's request, as a stream; `undefined` when the client sends none. */
export function bodyOf({ body, raw }: FastifyRequest): Readable | undefined {
  if (!(body instanceof Readable)) return undefined;
  return raw.complete && raw.readableLength === 0 ? undefined : body;
}
