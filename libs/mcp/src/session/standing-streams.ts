import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { INVALID_REQUEST } from '../protocol/parse.js';
import { GatewayError } from '../protocol/gateway-error.js';

/** Streams that would never end by themselves: they end when the gateway closes, so that it need not wait for them. */
@Injectable()
export class StandingStreams implements BeforeApplicationShutdown {
  private readonly streams = new Set<() => void>();
  private closing = false;

  /** Whether the application is closing. */
  get isClosing(): boolean {
    return this.closing;
  }

  /**
   * Runs a stream until it ends, or the gateway closes.
   *
   * @param end - ends it
   * @throws GatewayError 503 when the gateway closes already
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
