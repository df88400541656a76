import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import axios, { AxiosHeaders } from 'axios';
import { OpaError, parseObject } from '../contracts/index.js';
import { exchange } from './exchange.js';
import type { Pool } from './pool.js';
import type { WireRequest } from './wire.js';

/** A decision's request on its way through axios, out of reach of its interceptors: the pool and the bounds. */
export class WireCall {
  constructor(
    readonly pool: Pool,
    readonly request: WireRequest,
    readonly url: string,
  ) {}
}

/** An axios configuration that carries a {@link WireCall}. */
export interface WireConfig extends InternalAxiosRequestConfig {
  readonly wireCall?: unknown;
}

/**
 * The adapter of the pooled HttpService: a decision's request takes the short way to the pool; any other use of the
 * service gets axios' own adapter over the same agents.
 *
 * @param isClosed - tells whether the module has been closed, after which nothing may open a socket
 */
export function leanAdapter(isClosed: () => boolean): AxiosAdapter {
  const usual = axios.getAdapter('http');
  return async (config: WireConfig) => {
    if (isClosed()) throw new OpaError('OPA_CLOSED', 'The OPA module has been closed.');
    const call = config.wireCall;
    return call instanceof WireCall ? viaPool(call, config) : usual(config);
  };
}

// Interceptors may have changed what axios knows of the request, so that is what is sent.
async function viaPool(call: WireCall, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const { pool, request } = call;
  if (config.url !== call.url) throw misled(config.url);
  const headers: string[] = [];
  for (const [name, value] of Object.entries(config.headers.toJSON(true))) {
    if (!/^(host|content-length)$/i.test(name)) headers.push(name, value);
  }
  const body = config.data === undefined ? undefined : String(config.data);
  const answer = await exchange(pool, { ...request, headers, body });
  return {
    // Interceptors see the document. What isn't a JSON object stays text, for the client to refuse.
    data: parseObject(answer.body) ?? answer.body,
    status: answer.status,
    statusText: '',
    headers: AxiosHeaders.from(answer.headers as Record<string, string>),
    config,
  };
}

function misled(url: string | undefined): OpaError {
  return new OpaError(
    'OPA_BAD_INPUT',
    `An interceptor of the OPA module's HttpService changed a decision's URL: ${JSON.stringify(url)}. ` +
      'Decisions go to the address and path of the options and the policy alone.',
  );
}

/** A decision's URL as axios and its interceptors see it. */
export function urlOf(pool: Pool, path: string): string {
  const { origin } = pool;
  const base =
    origin.socketPath === undefined
      ? `http${origin.secure ? 's' : ''}://${origin.authority}`
      : 'http://localhost';
  return base + path;
}
