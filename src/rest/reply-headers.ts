import type { FastifyReply } from 'fastify';

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
