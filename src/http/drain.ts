import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';

/** How long answers that are under way may take once the gateway closes, in milliseconds. */
const GRACE_MS = 10_000;
/** How long a request may be on its way over a connection that has had none, in milliseconds. */
const FIRST_REQUEST_MS = 250;

/**
 * Lets the gateway close while clients keep their connections: each is closed after the answer that is under way,
 * and what hasn't ended after ten seconds (an endless stream) is cut off.
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
    // For answers whose headers, with keep-alive, have already left.
    server.keepAliveTimeout = 1;
    // Clients open some in advance, and Node doesn't count those as idle.
    setTimeout(() => {
      for (const socket of this.sockets) if (socket.bytesRead === 0) socket.destroy();
    }, FIRST_REQUEST_MS).unref();
    setTimeout(() => {
      server.closeAllConnections();
    }, GRACE_MS).unref();
  }
}
