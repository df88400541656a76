import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Makes a signal that is aborted when the client disconnects before it has sent the whole request, or before it has
 * received the whole response. An upstream may respond before the end of the request, and then waits for the rest of
 * the request.
 */
export function clientSignal(
  { raw: incoming }: FastifyRequest,
  { raw: outgoing }: FastifyReply,
): AbortSignal {
  const disconnect = new AbortController();
  if (outgoing.destroyed) disconnect.abort();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) disconnect.abort();
    else if (!incoming.complete) abortWithSocket(incoming, disconnect);
  });
  return disconnect.signal;
}

// After the end of a response, Node no longer tells its request when the client disconnects.
function abortWithSocket(incoming: IncomingMessage, disconnect: AbortController): void {
  const { socket } = incoming;
  const abort = (): void => disconnect.abort();
  socket.once('close', abort);
  incoming.once('end', () => socket.off('close', abort));
}
