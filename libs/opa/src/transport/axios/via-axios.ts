import type { AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios';
import { Axios } from 'axios';
import type { CancelSignal } from '../../contracts/index.js';
import { inputJson, isUnavailable, OpaError, parseObject, withAbortSignal } from '../../contracts/index.js';
import { axiosFailure, interceptorFailed, refusalIn } from './failures.js';
import { hasInterceptors } from './http.service.js';
import { urlOf, WireCall } from './lean-adapter.js';
import { LIMITS } from '../lateness.js';
import type { Pool } from '../pool.js';
import type { BoundedWaits } from '../bounded-waits.js';
import type { HttpResponse, WireRequest } from '../wire.js';

/** Sends decisions through axios, when the pooled HttpService has an interceptor or a replaced adapter. */
export class ViaAxios {
  private readonly lean: Axios;

  /**
   * @param service - the pooled service's axios
   * @param defaults - the defaults that the service was created with
   * @param waits - limits the time of interceptors and of a replaced adapter
   */
  constructor(
    private readonly service: AxiosInstance,
    private readonly defaults: AxiosRequestConfig,
    private readonly waits: BoundedWaits,
  ) {
    this.lean = leanAxios(service, defaults);
  }

  /** Tells whether an interceptor or a replaced adapter must see decisions. */
  get needed(): boolean {
    return this.replaced || hasInterceptors(this.service);
  }

  private get replaced(): boolean {
    return this.service.defaults.adapter !== this.defaults.adapter;
  }

  /** @throws OpaError */
  async send(pool: Pool, request: WireRequest): Promise<HttpResponse> {
    const { deadline, signal } = request.clock;
    const stop = new Stop();
    const clock = request.clock.fork({ deadline, signal: stop });
    clock.enter(this.replaced ? 'adapter' : 'interceptors');
    const call = new WireCall(pool, { ...request, clock }, urlOf(pool, request.path));
    const what = `OPA at ${pool.origin.url}`;
    const late = (): OpaError => call.failure ?? clock.late(what);
    const limit = { deadline: deadline + LIMITS.graceMs, signal };
    const send = (abortSignal?: AbortSignal): Promise<AxiosResponse<unknown>> =>
      this.waits.bounded(what, limit, () => this.request(call, abortSignal), late);
    try {
      const listens = signal !== undefined || this.replaced;
      return fromAxios(await (listens ? withAbortSignal(signal, send) : send()));
    } catch (error) {
      stop.abort();
      if (call.failure?.code === 'OPA_OVERLOADED') throw call.failure;
      const decisionAdapter = { adapter: this.defaults.adapter, replaced: this.replaced };
      const refusal = refusalIn(error, decisionAdapter);
      if (refusal !== undefined) return fromAxios(refusal);
      const failure = axiosFailure(error, pool.origin, decisionAdapter);
      // An interceptor must neither hide the error of the exchange nor report an outage of its own.
      const isInterceptors = failure === error && !decisionAdapter.replaced;
      const outage = call.failure ?? (isInterceptors ? interceptorFailed(failure) : failure);
      throw isUnavailable(failure) ? outage : failure;
    } finally {
      request.clock.join(call.request.clock);
    }
  }

  private request(call: WireCall, signal: AbortSignal | undefined): Promise<AxiosResponse<unknown>> {
    const { method, headers, body: data, clock } = call.request;
    const headersByName: Record<string, string> = {};
    for (let i = 0; i < headers.length; i += 2) headersByName[String(headers[i])] = String(headers[i + 1]);
    const timeout = Math.max(1, Math.ceil(clock.deadline - performance.now()));
    const config = {
      method,
      url: call.url,
      headers: headersByName,
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

/** Ends the exchanges of a decision that has ended before them: interceptors may have sent a request too late. */
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
 * An axios with the interceptors of the service and few defaults. axios copies and checks every default for each request:
 * with all defaults of the service, that is most of the cost.
 */
function leanAxios({ interceptors }: AxiosInstance, defaults: AxiosRequestConfig): Axios {
  const lean = new Axios({
    ...defaults,
    transformRequest: bodyOf,
    transformResponse: [],
    validateStatus: null,
  });
  lean.interceptors = interceptors;
  return lean;
}

/** The body of a request. An interceptor may have set a value, which axios would serialize as JSON. */
function bodyOf(data: unknown): string | undefined {
  if (data === undefined || typeof data === 'string') return data;
  if (Buffer.isBuffer(data)) return data.toString();
  const kind = Object.prototype.toString.call(data);
  // A form, for example, serializes to an empty object, which is a query without input.
  if (typeof data !== 'object' || data === null || kind === '[object Object]' || Array.isArray(data))
    return inputJson(data);
  throw new OpaError(
    'OPA_BAD_INPUT',
    `An interceptor of the OPA module's HttpService set the body of a decision's request to ${kind}. Set text, bytes or JSON data.`,
  );
}

/** Configuration for a replaced adapter: the body is JSON, the response is text or JSON, and no status is an error. */
const FOR_OTHERS = {
  transformRequest: bodyOf,
  // Text that is not a JSON object stays text, and the client refuses it.
  transformResponse: (data: unknown): unknown =>
    typeof data === 'string' ? (parseObject(data) ?? data) : data,
  validateStatus: (): boolean => true,
};

function fromAxios({ status, headers, data }: AxiosResponse<unknown>): HttpResponse {
  return { status, headers: inLowerCase(headers), body: data };
}

/** Headers with lower-case names, as Node gives them. A response made by an interceptor may have no headers. */
function inLowerCase(headers: object | undefined): HttpResponse['headers'] {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
