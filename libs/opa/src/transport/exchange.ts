import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { offAbort, onAbort, OpaError } from '../contracts/index.js';
import { BodyReader } from './body-reader.js';
import { failureOf, isReset } from './failure.js';
import { LIMITS, wasBlocked } from './lateness.js';
import type { Pool, PoolMember } from './pool.js';
import { aborted, closed } from './bounded-waits.js';
import type { WireResponse, WireRequest } from './wire.js';

/**
 * Sends one request to the pool's OPA and reads the response, within the limits of the pool and of the request.
 *
 * @remarks When a reused socket is reset, the exchange sends the request once more on a fresh socket: OPA had closed the
 * socket while it idled. The exchange repeats no other failure.
 * @throws OpaError `OPA_OVERLOADED`, `OPA_UNREACHABLE`, `OPA_TIMEOUT`, `OPA_BAD_ANSWER`, `OPA_CLOSED`, `OPA_ABORTED`
 */
export function exchange(pool: Pool, request: WireRequest): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    new Exchange(pool, request, resolve, reject).enter();
  });
}

class Exchange implements PoolMember {
  list: PoolMember['list'] = undefined;
  previous: PoolMember['previous'] = undefined;
  next: PoolMember['next'] = undefined;
  private req: ClientRequest | undefined;
  private timer: NodeJS.Timeout | undefined;
  private abort: (() => void) | undefined;
  private hasResponse = false;
  private replayed = false;
  private ended = false;

  constructor(
    private readonly pool: Pool,
    private readonly request: WireRequest,
    private readonly resolve: (response: WireResponse) => void,
    private readonly reject: (error: OpaError) => void,
  ) {}

  get latestFairStart(): number {
    return this.request.clock.latestFairStart;
  }

  enter(): void {
    const { clock } = this.request;
    const { signal, deadline } = clock;
    if (signal?.aborted === true) return this.fail(aborted(signal));
    const now = performance.now();
    clock.enter('queue', now);
    const remaining = deadline - now;
    if (remaining <= 0) return this.fail(this.late());
    this.timer = setTimeout(() => this.onDeadline(), remaining);
    if (signal !== undefined) {
      const abort = (): void => this.fail(aborted(signal));
      onAbort(signal, abort);
      // V8 puts a function that is written as the value of a property into the old generation.
      this.abort = abort;
    }
    if (this.pool.enter(this)) return;
    const { origin, settings } = this.pool;
    const why = `${settings.maxPending} decisions already wait for a socket (option "pool.maxPending")`;
    this.fail(new OpaError('OPA_OVERLOADED', `OPA at ${origin.url} was not asked: ${why}.`));
  }

  begin(now: number): void {
    // Another request had the socket until this one's deadline.
    if (this.request.clock.deadline - now < LIMITS.shortestMs) return this.fail(this.late());
    try {
      this.send();
    } catch (error) {
      this.fail(failureOf(error, this.pool.origin));
    }
  }

  close(): void {
    this.fail(closed());
  }

  private send(): void {
    const { inContext } = this.request;
    const req = inContext === undefined ? this.newRequest() : inContext(() => this.newRequest());
    this.req = req;
    req.on('socket', () => this.request.clock.enter('connect'));
    req.on('response', (res) => this.onResponse(res));
    req.on('upgrade', (res, socket) => this.onUpgrade(res, socket));
    req.on('error', (error) => this.onError(error, req));
    req.end(this.request.body);
  }

  private newRequest(): ClientRequest {
    const options = this.requestOptions();
    return this.pool.origin.secure ? httpsRequest(options) : httpRequest(options);
  }

  private requestOptions(): RequestOptions {
    const { origin, agent } = this.pool;
    const { host, port, socketPath } = origin;
    const { method, path, tls } = this.request;
    const headers = this.headers();
    // Each property costs Node 0.2 µs a request. V8 gives an object that begins with a spread a hidden class of its own.
    if (socketPath !== undefined) return { agent, socketPath, method, path, headers };
    const options = { agent, host, port, method, path, headers };
    return origin.secure ? Object.assign(options, tls) : options;
  }

  // A list of names and values would save Node 0.7 µs, but tracers that wrap `http.request` copy headers as an object:
  // @opentelemetry/instrumentation-http would send "0: Host" and no credential.
  private headers(): OutgoingHttpHeaders {
    const { headers, body } = this.request;
    const named: OutgoingHttpHeaders = { Host: this.pool.origin.authority };
    for (let index = 0; index < headers.length; index += 2) named[headers[index] ?? ''] = headers[index + 1];
    if (body !== undefined) named['Content-Length'] = Buffer.byteLength(body);
    return named;
  }

  private onResponse(res: IncomingMessage): void {
    this.hasResponse = true;
    // Only a decision that something observes needs the times of a request that is not late.
    if (this.request.trace?.addTimings !== undefined) this.enterOpaPhase();
    if (this.req?.reusedSocket === true) this.pool.agents.countReuse();
    new BodyReader(res, this.pool.settings.maxResponseBytes, (error, body) => {
      if (error !== undefined) return this.fail(failureOf(error, this.pool.origin));
      if (this.ended) return;
      const { req } = this;
      this.finish();
      // OPA has responded before it read the whole request. The socket would wait for the rest for ever.
      if (req?.writableFinished === false) req.destroy();
      this.resolve({ status: res.statusCode ?? 0, headers: res.headers, body });
    }).read();
  }

  // The request asks for no upgrade. Without a listener Node drops the socket and emits nothing.
  private onUpgrade(res: IncomingMessage, socket: Duplex): void {
    socket.destroy();
    if (this.ended) return;
    this.finish();
    this.resolve({ status: res.statusCode ?? 0, headers: res.headers, body: '' });
  }

  private onError(error: Error, req: ClientRequest): void {
    if (this.ended || req !== this.req) return;
    if (req.reusedSocket && !this.hasResponse && !this.replayed && isReset(error)) {
      this.replayed = true;
      this.pool.agents.closeIdle();
      const now = performance.now();
      this.request.clock.enter('queue', now);
      this.begin(now);
      return;
    }
    this.fail(failureOf(error, this.pool.origin));
  }

  private onDeadline(): void {
    const { hasResponse } = this;
    const blocked = wasBlocked(this.request.clock.deadline);
    const isAtOpa = this.enterOpaPhase();
    // A blocked event loop runs its timers before it reads sockets, so the response may have arrived.
    setImmediate(() => {
      const hasArrived = this.hasResponse !== hasResponse;
      this.enterOpaPhase();
      this.fail(this.late(blocked && (!isAtOpa || hasArrived)));
    });
  }

  /** Enters the phase `opa` of the clock once the socket is connected. Returns whether OPA has the request. */
  private enterOpaPhase(): boolean {
    const { clock } = this.request;
    const connectedAt = this.pool.agents.connectedAt(this.req?.socket);
    if (clock.phase === 'connect' && connectedAt !== Infinity) clock.enter('opa', connectedAt);
    return clock.phase === 'opa';
  }

  private late(blocked = false): OpaError {
    return this.request.clock.late(`OPA at ${this.pool.origin.url}`, { blocked });
  }

  private fail(error: OpaError): void {
    if (this.ended) return;
    const { req } = this;
    this.finish();
    req?.destroy();
    this.reject(error);
  }

  private finish(): void {
    this.ended = true;
    // An exchange that has waited for long is in V8's old generation, which would keep the request alive.
    this.req = undefined;
    clearTimeout(this.timer);
    const { signal } = this.request.clock;
    if (signal !== undefined && this.abort !== undefined) offAbort(signal, this.abort);
    this.pool.leave(this);
  }
}
