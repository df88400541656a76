import { setTimeout } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';

/** The longest wait for a connection and for a response, in milliseconds. */
const TIMEOUT_MS = 1_000;
const MAX_RECONNECT_MS = 2_000;
const PING_MS = 300;

/** The gateway's connection to Redis. MCP records and limits share it. It connects again by itself. */
@Injectable()
export class RedisConnection implements OnModuleInit, OnApplicationShutdown {
  readonly client: Redis;
  private readonly logger = new Logger('Redis');
  private isDown = false;
  private cause = 'Redis closed it';

  /** @param url - the URL of the Redis server; the log never shows it, because it may hold a password */
  constructor(url: string) {
    this.client = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      connectTimeout: TIMEOUT_MS,
      commandTimeout: TIMEOUT_MS,
      // Without this option a connection whose Redis hangs stays "ready", and each command waits for the whole timeout.
      socketTimeout: TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempts) => Math.min(attempts * 100, MAX_RECONNECT_MS),
    });
    this.client.on('error', ({ code, message }: NodeJS.ErrnoException) => (this.cause = code ?? message));
    this.client.on('close', () => this.reportDown());
    this.client.on('ready', () => this.reportUp());
  }

  /** Connects. The gateway also starts without Redis: the requests that need Redis are refused. */
  async onModuleInit(): Promise<void> {
    // The event "error" has reported the failure, and the client keeps reconnecting.
    await this.client.connect().catch(() => undefined);
  }

  /** Whether Redis answers within 300 ms. An orchestrator waits one second for the health of the gateway. */
  async isUp(): Promise<boolean> {
    if (this.client.status !== 'ready') return false;
    const late = new AbortController();
    try {
      const timeout = setTimeout(PING_MS, false, { signal: late.signal });
      return await Promise.race([
        this.client.ping().then(
          () => true,
          () => false,
        ),
        timeout,
      ]);
    } finally {
      late.abort();
    }
  }

  onApplicationShutdown(): void {
    this.isDown = true;
    this.client.disconnect();
  }

  private reportDown(): void {
    if (this.isDown) return;
    this.isDown = true;
    this.logger.error(
      `The gateway has no connection to Redis: ${this.cause}. The gateway keeps reconnecting. Check redis.url.`,
    );
  }

  private reportUp(): void {
    if (this.isDown) this.logger.log('The gateway is connected to Redis again.');
    this.isDown = false;
    this.cause = 'Redis closed it';
  }
}
