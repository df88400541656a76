import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { INVALID_REQUEST } from '../protocol/parse.js';
import { GatewayError } from '../protocol/gateway-error.js';

/**
 * Ends the streams that stay open without limit when the application closes. Otherwise the application would wait for
 * them.
 */
@Injectable()
export class OpenStreams implements BeforeApplicationShutdown {
  private readonly streams = new Set<() => void>();
  private closing = false;

  /** Whether the application is closing. */
  get isClosing(): boolean {
    return this.closing;
  }

  /**
   * Runs a stream until the stream ends or the application closes.
   *
   * @param end - ends the stream
   * @param run - runs the stream; its promise resolves when the stream has ended
   * @throws GatewayError 503 when the application is already closing
   */
  async hold(end: () => void, run: () => Promise<void>): Promise<void> {
    if (this.closing) throw new GatewayError(503, INVALID_REQUEST, 'The gateway is closing');
    this.streams.add(end);
    try {
      await run();
    } finally {
      this.streams.delete(end);
    }
  }

  beforeApplicationShutdown(): void {
    this.closing = true;
    for (const end of this.streams) end();
  }
}
