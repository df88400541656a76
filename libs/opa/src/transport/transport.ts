import axios from 'axios';
import type { SocketStats } from './agents.js';
import { Agents } from './agents.js';
import { exchange } from './exchange.js';
import { httpDefaults, OpaHttpService } from './axios/http.service.js';
import { parseOrigin } from './origin.js';
import { Pool } from './pool.js';
import type { PoolSettings } from './pool.options.js';
import { ViaAxios } from './axios/via-axios.js';
import { closed, BoundedWaits } from './bounded-waits.js';
import type { HttpResponse, WireRequest } from './wire.js';

/** The counts of the transport. */
export interface TransportStats {
  /** How many requests wait for a socket. */
  readonly waiting: number;
  readonly sockets: SocketStats;
}

/** The agents, the pooled HttpService and the pools of one module instance: one pool for each OPA. */
export class Transport {
  readonly http: OpaHttpService;
  readonly waits = new BoundedWaits();
  private readonly agents: Agents;
  private readonly pools: Pool[] = [];
  private readonly axios: ViaAxios;
  private closed = false;

  constructor(
    private readonly settings: PoolSettings,
    timeout: number,
  ) {
    this.agents = new Agents(settings);
    const defaults = httpDefaults(this.agents, timeout, () => this.closed);
    this.http = new OpaHttpService(axios.create(defaults));
    this.axios = new ViaAxios(this.http.axiosRef, defaults, this.waits);
  }

  /** Creates the pool for an OPA. */
  pool(address: string): Pool {
    const pool = new Pool(parseOrigin(address), this.agents, this.settings);
    this.pools.push(pool);
    return pool;
  }

  /**
   * Sends a request to the pool's OPA. The request goes through axios only when the application has registered an
   * interceptor on the pooled HttpService or has replaced its adapter.
   *
   * @throws OpaError
   */
  send(pool: Pool, request: WireRequest): Promise<HttpResponse> {
    if (this.closed) return Promise.reject(closed());
    return this.axios.needed ? this.axios.send(pool, request) : exchange(pool, request);
  }

  stats(): TransportStats {
    const waiting = this.pools.reduce((sum, pool) => sum + pool.waiting, 0);
    return { waiting, sockets: this.agents.stats() };
  }

  /** Begins the shutdown: closes idle sockets and resolves when the present requests have ended. Serves new requests. */
  async drain(): Promise<void> {
    this.agents.drain();
    await Promise.all(this.pools.map((pool) => pool.settled()));
  }

  /** Ends every request; resolves when no socket is open. */
  async destroy(): Promise<void> {
    this.closed = true;
    this.waits.close();
    for (const pool of this.pools) pool.close();
    await this.agents.destroy();
  }
}
