import type { AxiosAdapter } from 'axios';
import { AxiosError } from 'axios';
import { abortSignalOf, OpaError, parseObject } from '../contracts/index.js';
import type { SocketStats } from './agents.js';
import { Agents } from './agents.js';
import { exchange } from './exchange.js';
import type { OpaHttpService } from './http.service.js';
import { createHttpService, hasInterceptors } from './http.service.js';
import { urlOf, WireCall } from './lean-adapter.js';
import { parseOrigin } from './origin.js';
import { Pool } from './pool.js';
import type { PoolSettings } from './pool.options.js';
import { closed, Waits } from './waits.js';
import type { WireAnswer, WireRequest } from './wire.js';

/**
 * How long after its deadline a call through axios is given up, in milliseconds. The exchange in it keeps the deadline
 * itself, and tells a queue that was too long from an OPA that was late; this bound is for interceptors.
 */
const AXIOS_GRACE_MS = 5;

/** An answer; `body` is text, or the parsed document when it came through axios. */
export type HttpAnswer = Omit<WireAnswer, 'body' | 'headers'> & {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
};

/** What the transport counts. */
export interface TransportStats {
  /** Exchanges that wait for a socket. */
  readonly waiting: number;
  readonly sockets: SocketStats;
}

/** The sockets of one module instance: agents, the pooled HttpService, one pool for each OPA, and their lifetime. */
export class Transport {
  readonly http: OpaHttpService;
  readonly waits = new Waits();
  private readonly agents: Agents;
  private readonly pools: Pool[] = [];
  private readonly adapter: AxiosAdapter;
  private closed = false;

  constructor(
    private readonly settings: PoolSettings,
    timeout: number,
  ) {
    this.agents = new Agents(settings);
    this.http = createHttpService(this.agents, timeout, () => this.closed);
    this.adapter = this.http.axiosRef.defaults.adapter as AxiosAdapter;
  }

  /** Adds the pool of an OPA. */
  pool(address: string): Pool {
    const pool = new Pool(parseOrigin(address), this.agents, this.settings);
    this.pools.push(pool);
    return pool;
  }

  /**
   * Sends a request to the pool's OPA: straight to the wire, or through axios when somebody has registered an
   * interceptor there or replaced its adapter.
   *
   * @throws OpaError
   */
  send(pool: Pool, request: WireRequest): Promise<HttpAnswer> {
    if (this.closed) return Promise.reject(closed());
    const instance = this.http.axiosRef;
    const bare = instance.defaults.adapter === this.adapter && !hasInterceptors(instance);
    return bare ? exchange(pool, request) : this.viaAxios(pool, request);
  }

  stats(): TransportStats {
    const waiting = this.pools.reduce((sum, pool) => sum + pool.waiting, 0);
    return { waiting, sockets: this.agents.stats() };
  }

  /** Begins the shutdown: idle sockets are closed; resolves when what is under way is over. New requests are still served. */
  async drain(): Promise<void> {
    this.agents.drain();
    await Promise.all(this.pools.map((pool) => pool.settled()));
  }

  /** Ends everything; resolves when no socket is open. */
  async destroy(): Promise<void> {
    this.closed = true;
    this.waits.close();
    for (const pool of this.pools) pool.close();
    await this.agents.destroy();
  }

  private async viaAxios(pool: Pool, request: WireRequest): Promise<HttpAnswer> {
    const { method, path, headers, body: data, bounds } = request;
    const named: Record<string, string> = {};
    for (let i = 0; i < headers.length; i += 2) named[String(headers[i])] = String(headers[i + 1]);
    const config = {
      method,
      url: urlOf(pool, path),
      headers: named,
      data,
      ...(bounds.signal === undefined ? undefined : { signal: abortSignalOf(bounds.signal) }),
      transformRequest: asIs,
      transformResponse: parsed,
      validateStatus: always,
      wireCall: new WireCall(pool, request),
    };
    try {
      const limit = { ...bounds, deadline: bounds.deadline + AXIOS_GRACE_MS };
      const answer = await this.waits.bounded(`OPA at ${pool.origin.url}`, limit, () =>
        this.http.axiosRef.request<unknown>(config),
      );
      return { status: answer.status, headers: answer.headers, body: answer.data };
    } catch (error) {
      throw fromAxios(error, pool);
    }
  }
}

const asIs = (data: unknown): unknown => data;
const always = (): boolean => true;

// Interceptors see the document. What isn't a JSON object stays text, for the client to refuse.
const parsed = (data: unknown): unknown => (typeof data === 'string' ? (parseObject(data) ?? data) : data);

// Only a replaced adapter makes axios errors here. What an interceptor throws must never look like an outage.
function fromAxios(error: unknown, pool: Pool): OpaError {
  if (error instanceof OpaError) return error;
  if (error instanceof AxiosError) {
    const late = error.code === AxiosError.ECONNABORTED || error.code === AxiosError.ETIMEDOUT;
    return new OpaError(
      late ? 'OPA_TIMEOUT' : 'OPA_UNREACHABLE',
      `OPA at ${pool.origin.url}: ${error.message}.`,
      {
        cause: error,
      },
    );
  }
  return new OpaError('OPA_BAD_INPUT', "An interceptor of the OPA module's HttpService failed.", {
    cause: error,
  });
}
