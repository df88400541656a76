import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { STREAM_PAUSE_MS } from './upstream-body.js';

/** An upgraded connection of an upstream. */
export interface UpgradedConnection {
  readonly socket: Duplex;
  /** The first bytes that the upstream sent on the connection. */
  readonly head: Buffer;
  /** The headers of the upstream's response 101 for the client. */
  readonly headers: IncomingHttpHeaders;
}

/**
 * Answers 101, and passes all further bytes between the client and the upstream. When one side closes, the function
 * closes the other side. It closes both when no byte passes for {@link STREAM_PAUSE_MS}.
 */
export function openTunnel(
  client: Socket,
  reply: FastifyReply,
  { socket: upstream, head, headers }: UpgradedConnection,
): void {
  reply.headers({ ...headers, connection: 'Upgrade', upgrade: 'websocket' });
  // A response 101 has no body (RFC 9110, 8.6).
  reply.removeHeader('content-length');
  const { raw } = reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.writeHead(101);
  raw.flushHeaders();
  raw.detachSocket(client);
  if (head.length > 0) upstream.unshift(head);
  client.setTimeout(STREAM_PAUSE_MS, () => client.destroy());
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.on('error', () => from.destroy());
    from.once('close', () => to.destroy());
    from.pipe(to);
  }
}
