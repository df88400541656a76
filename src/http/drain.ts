import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';

/** How long responses in flight may take after the gateway begins to close, in milliseconds. */
const GRACE_MS = 10_000;
/** How long a closing gateway waits for the first request of an unused connection, in milliseconds. */
const FIRST_REQUEST_MS = 250;

/**
 * Closes the connections of clients when the gateway closes. Each connection ends after its response in flight. After
 * ten seconds the gateway ends all other connections, such as endless streams and WebSockets.
 */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private closing = false;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly host: HttpAdapterHost<FastifyAdapter>) {
    const instance = host.httpAdapter.getInstance();
    instance.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    instance.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.closing) reply.header('connection', 'close');
      done();
    });
  }

  beforeApplicationShutdown(): void {
    this.closing = true;
    const { server } = this.host.httpAdapter.getInstance();
    // A response that has already sent its headers can't get `Connection: close`. Node closes its socket after 1 ms.
    server.keepAliveTimeout = 1;
    // Clients open some connections in advance. Node does not count these unused connections as idle.
    setTimeout(() => {
      for (const socket of this.sockets) if (socket.bytesRead === 0) socket.destroy();
    }, FIRST_REQUEST_MS).unref();
    // Node's closeAllConnections() does not know upgraded connections.
    setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, GRACE_MS).unref();
  }
}
