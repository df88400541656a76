import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';

/** How long answers that are under way may take once the gateway closes, in milliseconds. */
const GRACE_MS = 10_000;

/**
 * Lets the gateway close while clients keep their connections: each is closed after the answer that is under way,
 * and what hasn't ended after ten seconds (an endless stream) is cut off.
 */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private closing = false;

  constructor(private readonly host: HttpAdapterHost<FastifyAdapter>) {
    host.httpAdapter.getInstance().addHook('onSend', (_request, reply, _payload, done) => {
      if (this.closing) reply.header('connection', 'close');
      done();
    });
  }

  beforeApplicationShutdown(): void {
    this.closing = true;
    const { server } = this.host.httpAdapter.getInstance();
    // For answers whose headers, with keep-alive, have already left.
    server.keepAliveTimeout = 1;
    setTimeout(() => {
      server.closeAllConnections();
    }, GRACE_MS).unref();
  }
}
