import type { AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios';
import { Axios } from 'axios';
import type { CancelSignal } from '../../contracts/index.js';
import { inputJson, isGone, OpaError, parseObject, withAbortSignal } from '../../contracts/index.js';
import { axiosFailure, refusalIn } from './failures.js';
import { hasInterceptors } from './http.service.js';
import { interceptorsLate, urlOf, WireCall } from './lean-adapter.js';
import type { Pool } from '../pool.js';
import type { BoundedWaits } from '../bounded-waits.js';
import type { HttpAnswer, WireRequest } from '../wire.js';

/**
 * How long after its deadline a call through axios is given up, in milliseconds. The exchange in it keeps the deadline
 * itself, and tells a queue that was too long from an OPA that was late; this bound is for interceptors.
 */
const AXIOS_GRACE_MS = 5;

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
    const { bounds } = request;
    const limit = { ...bounds, deadline: bounds.deadline + AXIOS_GRACE_MS };
    const stop = new Stop();
    const asked = { ...request, bounds: { ...bounds, signal: stop } };
    const call = new WireCall(pool, asked, urlOf(pool, request.path));
    const ask = (signal?: AbortSignal): Promise<AxiosResponse<unknown>> =>
      this.waits.bounded(`OPA at ${pool.origin.url}`, limit, () => this.ask(call, signal));
    try {
      const told = bounds.signal !== undefined || this.replaced;
      return fromAxios(await (told ? withAbortSignal(bounds.signal, ask) : ask()));
    } catch (error) {
      stop.abort();
      if (call.failure?.code === 'OPA_OVERLOADED') throw call.failure;
      const answering = { adapter: this.own.adapter, replaced: this.replaced };
      const refusal = refusalIn(error, answering);
      if (refusal !== undefined) return fromAxios(refusal);
      const failure = axiosFailure(error, pool.origin, answering);
      const untold = failure === error && !call.isAsked && !answering.replaced;
      // An outage on the way doesn't hide what the exchange has failed with: an overload must not open a door.
      const reason = call.failure ?? (untold ? interceptorsLate(failure) : failure);
      throw isGone(failure) ? reason : failure;
    }
  }

  private ask(call: WireCall, signal: AbortSignal | undefined): Promise<AxiosResponse<unknown>> {
    const { method, headers, body: data, bounds } = call.request;
    const named: Record<string, string> = {};
    for (let i = 0; i < headers.length; i += 2) named[String(headers[i])] = String(headers[i + 1]);
    const timeout = Math.max(1, Math.ceil(bounds.deadline - performance.now()));
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
