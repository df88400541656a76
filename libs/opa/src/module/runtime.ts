import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { setTimeout as after } from 'node:timers/promises';
import { OpaClient } from '../client/index.js';
import type { PolicyEngine } from '../contracts/index.js';
import { Transport } from '../transport/index.js';
import { engineStack } from './engine-stack.js';
import type { OpaSettings } from './settings.js';
import { optionsWithoutEffect, settingsOf } from './settings.js';
import type { OpaModuleOptions } from './options.js';
import { tlsIdentity } from './tls.js';

const DEFAULT_URL = 'http://127.0.0.1:8181';

/** How long `ready` waits for OPA, and between two tries, in milliseconds. */
const READY_LIMIT_MS = 30_000;
const READY_PAUSE_MS = 250;

/** Everything of one module instance that has a lifetime: the sockets, the client and the engine. */
export class OpaRuntime implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private constructor(
    readonly settings: OpaSettings,
    readonly transport: Transport,
    readonly client: OpaClient,
    readonly engine: PolicyEngine,
  ) {}

  /**
   * Checks the options and makes the parts; nothing is asked of OPA unless `ready` or `warmup` want it.
   *
   * @throws OpaError `OPA_BAD_OPTIONS` or `OPA_BAD_BUNDLE`; `OPA_UNREACHABLE` when `ready` waited in vain
   */
  static async create(options: OpaModuleOptions): Promise<OpaRuntime> {
    const settings = settingsOf(options);
    const without = optionsWithoutEffect(options);
    if (without.length > 0) {
      new Logger('OpaModule').warn(`Set, but without effect in this version: ${without.join(', ')}.`);
    }
    const { url = DEFAULT_URL, token, pool, timeout } = settings;
    const transport = new Transport(pool, timeout);
    const address = typeof url === 'string' ? url : (url[0] ?? DEFAULT_URL);
    const client = new OpaClient(transport, transport.pool(address), {
      token,
      tls: tlsIdentity(settings.tls),
    });
    return new OpaRuntime(settings, transport, client, await engineStack(settings, client));
  }

  async onApplicationBootstrap(): Promise<void> {
    const { mode, ready, warmup } = this.settings;
    if (mode === 'disabled') return;
    if (ready === true) await this.waitUntilReady();
    if (typeof warmup === 'number')
      await this.openSockets(Math.min(warmup, this.settings.pool.maxFreeSockets));
  }

  /** Nest still takes requests after this: they are decided, over sockets that hardly idle. */
  onModuleDestroy(): Promise<void> {
    return this.transport.drain(this.settings.shutdownTimeout);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.engine.close?.();
    await this.transport.destroy();
  }

  private async waitUntilReady(): Promise<void> {
    const limit = performance.now() + READY_LIMIT_MS;
    for (;;) {
      try {
        await this.engine.ready?.();
        return;
      } catch (error) {
        if (performance.now() > limit) throw error;
        await after(READY_PAUSE_MS);
      }
    }
  }

  // Sockets are a convenience: an OPA that isn't there yet doesn't stop the start.
  private async openSockets(count: number): Promise<void> {
    const deadline = performance.now() + this.settings.timeout;
    const opened = await Promise.allSettled(
      Array.from({ length: count }, () => this.client.health({ deadline })),
    );
    const failed = opened.filter(({ status }) => status === 'rejected').length;
    if (failed > 0)
      new Logger('OpaModule').warn(`warmup: ${failed} of ${count} sockets could not be opened.`);
  }
}
