import type { AxiosAdapter, AxiosRequestConfig, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import axios, { AxiosHeaders } from 'axios';
import { OpaError, parseObject } from '../../contracts/index.js';
import { exchange } from '../exchange.js';
import type { PhaseClock } from '../phase-clock.js';
import type { Pool } from '../pool.js';
import type { WireResponse, WireRequest } from '../wire.js';

/** A decision's request on its way through axios, with what interceptors must not change: the pool and the clock. */
export class WireCall {
  private failed: OpaError | undefined;

  constructor(
    readonly pool: Pool,
    readonly request: WireRequest,
    readonly url: string,
  ) {}

  /** The error of its exchange. Of several errors the last, unless an earlier one is `OPA_OVERLOADED`. */
  get failure(): OpaError | undefined {
    return this.failed;
  }

  /** Sends the request with the interceptors' changes. */
  async send(changed: Partial<WireRequest>): Promise<WireResponse> {
    try {
      return await exchange(this.pool, { ...this.request, ...changed });
    } catch (error) {
      if (error instanceof OpaError && this.failed?.code !== 'OPA_OVERLOADED') this.failed = error;
      throw error;
    }
  }
}

/** An axios configuration that carries a {@link WireCall}. */
export interface WireConfig extends InternalAxiosRequestConfig {
  readonly wireCall?: unknown;
}

/**
 * The adapter of the pooled HttpService. It sends a decision's request through the pool. Every other request goes through
 * axios' own adapter over the same agents.
 *
 * @param isClosed - tells whether the module has been closed; then no request may open a socket
 */
export function leanAdapter(isClosed: () => boolean): AxiosAdapter {
  const usual = axios.getAdapter('http');
  return async (config: WireConfig) => {
    if (isClosed()) throw new OpaError('OPA_CLOSED', 'The OPA module has been closed.');
    const call = config.wireCall;
    return call instanceof WireCall ? viaPool(call, config) : usual(config);
  };
}

// Interceptors may have changed the request in the configuration of axios, so the adapter sends that.
async function viaPool(call: WireCall, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  assertTarget(call, config);
  const headers: string[] = [];
  for (const [name, value] of Object.entries(config.headers.toJSON(true))) {
    if (!/^(host|content-length)$/i.test(name)) headers.push(name, value);
  }
  const body = config.data === undefined ? undefined : String(config.data);
  const clock = clockOf(call, config);
  const response = await call.send({ headers, body, clock }).finally(() => call.request.clock.join(clock));
  return {
    // Interceptors see the document. Text that is not a JSON object stays text, and the client refuses it.
    data: parseObject(response.body) ?? response.body,
    status: response.status,
    statusText: '',
    headers: AxiosHeaders.from(response.headers as Record<string, string>),
    config,
  };
}

// The adapter does not send these changes, so it refuses them.
function assertTarget({ url, request }: WireCall, config: InternalAxiosRequestConfig): void {
  const changed =
    (config.url !== url && `its URL, now ${JSON.stringify(config.url)}`) ||
    (config.method?.toUpperCase() !== request.method && `its method, now ${config.method}`) ||
    (config.params !== undefined && 'its params') ||
    (config.auth !== undefined && 'its auth');
  if (changed === false) return;
  throw new OpaError(
    'OPA_BAD_INPUT',
    `An interceptor of the OPA module's HttpService changed ${changed}: ` +
      'a decision goes to the address of the options and the path of the policy. Change only headers, data and timeout.',
  );
}

/** The clock of one request. Its deadline may be earlier than the decision's: an interceptor may shorten `timeout`. */
function clockOf({ request: { clock } }: WireCall, { timeout = 0 }: AxiosRequestConfig): PhaseClock {
  const deadline = timeout > 0 ? performance.now() + timeout : Infinity;
  return clock.fork({ deadline: Math.min(deadline, clock.deadline), signal: clock.signal });
}

/** The URL of a decision for axios and its interceptors. */
export function urlOf(pool: Pool, path: string): string {
  const { origin } = pool;
  const base =
    origin.socketPath === undefined
      ? `http${origin.secure ? 's' : ''}://${origin.authority}`
      : 'http://localhost';
  return base + path;
}
