import type { AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios';
import { Axios } from 'axios';
import type { CancelSignal } from '../../contracts/index.js';
import { inputJson, isGone, OpaError, parseObject, withAbortSignal } from '../../contracts/index.js';
import { axiosFailure, interceptorFailed, refusalIn } from './failures.js';
import { hasInterceptors } from './http.service.js';
import { urlOf, WireCall } from './lean-adapter.js';
import { LIMITS } from '../lateness.js';
import type { Pool } from '../pool.js';
import type { BoundedWaits } from '../bounded-waits.js';
import type { HttpAnswer, WireRequest } from '../wire.js';

/** The way of a decision when somebody has registered an interceptor on the pooled service, or replaced its adapter. */
export class ViaAxios {
  private readonly lean: Axios;

  /**
   * @param service - the pooled service's axios
   * @param own - what the service was made with
   * @param waits - bounds what an interceptor or a replaced adapter takes
   */
  constructor(
    private readonly service: AxiosInstance,
    private readonly own: AxiosRequestConfig,
    private readonly waits: BoundedWaits,
  ) {
    this.lean = leanAxios(service, own);
  }

  /** Whether there is anything on this way that must see a decision. */
  get needed(): boolean {
    return this.replaced || hasInterceptors(this.service);
  }

  private get replaced(): boolean {
    return this.service.defaults.adapter !== this.own.adapter;
  }

  /** @throws OpaError */
  async send(pool: Pool, request: WireRequest): Promise<HttpAnswer> {
    const { deadline, signal } = request.clock;
    const stop = new Stop();
    const clock = request.clock.fork({ deadline, signal: stop });
    clock.enter(this.replaced ? 'adapter' : 'interceptors');
    const call = new WireCall(pool, { ...request, clock }, urlOf(pool, request.path));
    const what = `OPA at ${pool.origin.url}`;
    const late = (): OpaError => call.failure ?? clock.late(what);
    const limit = { deadline: deadline + LIMITS.graceMs, signal };
    const ask = (abortSignal?: AbortSignal): Promise<AxiosResponse<unknown>> =>
      this.waits.bounded(what, limit, () => this.ask(call, abortSignal), late);
    try {
      const listens = signal !== undefined || this.replaced;
      return fromAxios(await (listens ? withAbortSignal(signal, ask) : ask()));
    } catch (error) {
      stop.abort();
      if (call.failure?.code === 'OPA_OVERLOADED') throw call.failure;
      const answering = { adapter: this.own.adapter, replaced: this.replaced };
      const refusal = refusalIn(error, answering);
      if (refusal !== undefined) return fromAxios(refusal);
      const failure = axiosFailure(error, pool.origin, answering);
      // An interceptor must neither hide the error of the exchange nor report an outage of its own.
      const isInterceptors = failure === error && !answering.replaced;
      const outage = call.failure ?? (isInterceptors ? interceptorFailed(failure) : failure);
      throw isGone(failure) ? outage : failure;
    }
  }

  private ask(call: WireCall, signal: AbortSignal | undefined): Promise<AxiosResponse<unknown>> {
    const { method, headers, body: data, clock } = call.request;
    const named: Record<string, string> = {};
    for (let i = 0; i < headers.length; i += 2) named[String(headers[i])] = String(headers[i + 1]);
    const timeout = Math.max(1, Math.ceil(clock.deadline - performance.now()));
    const config = {
      method,
      url: call.url,
      headers: named,
      data,
      timeout,
      wireCall: call,
      ...(signal !== undefined && { signal }),
    };
    return this.replaced
      ? this.service.request<unknown>({ ...config, ...FOR_OTHERS })
      : this.lean.request<unknown>(config);
  }
}

/** What ends a decision's exchanges when it has ended first: one that came late out of the interceptors keeps no socket. */
class Stop implements CancelSignal {
  aborted = false;
  private readonly listeners = new Set<() => void>();

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
  }

  abort(): void {
    this.aborted = true;
    for (const listener of [...this.listeners]) listener();
  }
}

/**
 * The service's interceptors on an axios with few defaults: axios copies and checks each of them for each request, and
 * the service's own are most of what a decision costs there.
 */
function leanAxios({ interceptors }: AxiosInstance, own: AxiosRequestConfig): Axios {
  const lean = new Axios({ ...own, transformRequest: bodyOf, transformResponse: [], validateStatus: null });
  lean.interceptors = interceptors;
  return lean;
}

/** A question's body; an interceptor may have put a value there, which axios would write as JSON. */
function bodyOf(data: unknown): string | undefined {
  if (data === undefined || typeof data === 'string') return data;
  if (Buffer.isBuffer(data)) return data.toString();
  const kind = Object.prototype.toString.call(data);
  // To JSON a form, say, is an empty object, and an empty object is a question without an input.
  if (typeof data !== 'object' || data === null || kind === '[object Object]' || Array.isArray(data))
    return inputJson(data);
  throw new OpaError(
    'OPA_BAD_INPUT',
    `An interceptor of the OPA module's HttpService made a decision's body ${kind}.`,
  );
}

/** What a replaced adapter needs to be told: the body is JSON, the answer is text or JSON, and any status is one. */
const FOR_OTHERS = {
  transformRequest: bodyOf,
  // What isn't a JSON object stays text, for the client to refuse.
  transformResponse: (data: unknown): unknown =>
    typeof data === 'string' ? (parseObject(data) ?? data) : data,
  validateStatus: (): boolean => true,
};

function fromAxios({ status, headers, data }: AxiosResponse<unknown>): HttpAnswer {
  return { status, headers: inLowerCase(headers), body: data };
}

/** Headers by the names that Node gives them; an answer that an interceptor or adapter has made may have none at all. */
function inLowerCase(headers: object | undefined): HttpAnswer['headers'] {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
