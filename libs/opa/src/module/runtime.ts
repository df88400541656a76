import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { setTimeout as after } from 'node:timers/promises';
import type { OpaToken, TokenSource } from '../client/index.js';
import { OpaClient, TokenFunction } from '../client/index.js';
import { messageOf, OpaError } from '../contracts/index.js';
import { InFlightDecisions } from '../decision/index.js';
import type { DecisionListeners } from '../observability/index.js';
import { DecisionEvents } from '../observability/index.js';
import { openFile, Transport } from '../transport/index.js';
import { DEFAULT_URL } from './engine-options.js';
import type { EngineStack } from './engine-stack.js';
import { engineStack } from './engine-stack.js';
import type { OpaSettings } from './settings.js';
import { settingsOf, withoutEffect } from './settings.js';
import type { OpaModuleOptions } from './options.js';
import { tlsSource } from './tls.js';

/** How long `ready` waits for OPA in total, and between two attempts, in milliseconds. */
const READY_LIMIT_MS = 30_000;
const READY_PAUSE_MS = 250;

const logger = new Logger('OpaModule');

/** The parts of a module instance that need a shutdown: the sockets, the client and the engine. */
export class OpaRuntime implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  readonly inFlight = new InFlightDecisions();

  private constructor(
    /** The options of the application, without defaults. */
    readonly options: OpaModuleOptions,
    readonly settings: OpaSettings,
    readonly transport: Transport,
    readonly client: OpaClient,
    readonly stack: EngineStack,
    readonly events: DecisionEvents,
  ) {}

  /**
   * Checks the options and creates the transport, the clients and the engine. This method sends no request to OPA. It
   * only loads the bundle.
   *
   * @param name - the name of the instance. Default: the unnamed instance
   * @param listeners - listen to the decisions of the instance. Default: none yet
   * @throws OpaError `OPA_BAD_OPTIONS` for wrong options, `OPA_BAD_BUNDLE` when the bundle can't be used
   */
  static async create(
    options: OpaModuleOptions,
    name = '',
    listeners?: DecisionListeners,
  ): Promise<OpaRuntime> {
    const settings = settingsOf(options);
    for (const what of withoutEffect(settings)) logger.warn(`Option ${what}.`);
    const transport = new Transport(settings.pool, settings.timeout);
    const identity = { token: tokenSource(settings.token), tls: tlsSource(settings.tls) };
    const client = (url: string): OpaClient => new OpaClient(transport, transport.pool(url), identity);
    const clients = settings.urls.map(client);
    const stack = await engineStack(settings, clients, name, transport.waits);
    const events = new DecisionEvents(name, stack.engine.name, listeners);
    return new OpaRuntime(options, settings, transport, clients[0] ?? client(DEFAULT_URL), stack, events);
  }

  /** @throws OpaError `OPA_UNREACHABLE` when option `ready` is set, and OPA is not ready in time */
  async onApplicationBootstrap(): Promise<void> {
    const { mode, ready, warmup } = this.settings;
    if (mode === 'disabled') return;
    if (ready === true) await this.waitUntilReady();
    if (typeof warmup === 'number')
      await this.openSockets(Math.min(warmup, this.settings.pool.maxFreeSockets));
  }

  /** Nest accepts requests after this hook. The service still decides them, and the pool soon closes idle sockets. */
  async onModuleDestroy(): Promise<void> {
    const over = Promise.all([this.inFlight.settled(), this.transport.drain()]);
    const stop = new AbortController();
    const limit = after(this.settings.shutdownTimeout, undefined, { signal: stop.signal });
    await Promise.race([over, limit.catch(() => undefined)]);
    stop.abort();
  }

  async onApplicationShutdown(): Promise<void> {
    this.inFlight.close();
    await this.transport.destroy();
    await this.stack.engine.close?.();
  }

  private async waitUntilReady(): Promise<void> {
    const limit = performance.now() + READY_LIMIT_MS;
    for (let isFirst = true; ; isFirst = false) {
      try {
        await this.stack.engine.ready?.();
        return;
      } catch (error) {
        if (performance.now() > limit) throw await this.notReady(error);
        if (isFirst)
          logger.warn(
            `ready: the start waits for OPA, at most ${READY_LIMIT_MS / 1_000} s: ${messageOf(error)}`,
          );
        await after(READY_PAUSE_MS);
      }
    }
  }

  private async notReady(cause: unknown): Promise<OpaError> {
    await this.onApplicationShutdown();
    return new OpaError(
      'OPA_UNREACHABLE',
      `OpaModule, option "ready": OPA was not ready within ${READY_LIMIT_MS / 1_000} s: ${messageOf(cause)}`,
      { cause },
    );
  }

  // Warm sockets are optional. An unreachable OPA therefore causes a warning and does not stop the start.
  private async openSockets(count: number): Promise<void> {
    const deadline = performance.now() + this.settings.timeout;
    const opened = await Promise.allSettled(
      Array.from({ length: count }, () => this.client.health({ deadline })),
    );
    const failed = opened.filter(({ status }) => status === 'rejected').length;
    if (failed > 0) logger.warn(`warmup: ${failed} of ${count} sockets could not be opened.`);
  }
}

function tokenSource(token: OpaToken | undefined): TokenSource | undefined {
  if (typeof token === 'function') return new TokenFunction(token);
  if (typeof token !== 'object') return token;
  return openFile(token.file, 'OpaModule, option "token"');
}
