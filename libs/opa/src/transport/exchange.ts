import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
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
import type { WireAnswer, WireRequest } from './wire.js';

/**
 * Sends one request to the pool's OPA and reads the answer, within the pool's bounds and the request's own.
 *
 * @remarks A reset of a reused socket is replayed once, at once, on a fresh socket: the other side had closed it
 * while it idled. No other failure is tried again here.
 * @throws OpaError `OPA_OVERLOADED`, `OPA_UNREACHABLE`, `OPA_TIMEOUT`, `OPA_BAD_ANSWER`, `OPA_CLOSED`, `OPA_ABORTED`
 */
export function exchange(pool: Pool, request: WireRequest): Promise<WireAnswer> {
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
  private answering = false;
  private replayed = false;
  private over = false;

  constructor(
    private readonly pool: Pool,
    private readonly request: WireRequest,
    private readonly resolve: (answer: WireAnswer) => void,
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
      // Not written here: a function written for a property V8 makes in the old generation.
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
    const req = this.pool.origin.secure
      ? httpsRequest(this.requestOptions())
      : httpRequest(this.requestOptions());
    this.req = req;
    req.on('socket', () => this.request.clock.enter('connect'));
    req.on('response', (res) => this.onResponse(res));
    req.on('upgrade', (res, socket) => this.onUpgrade(res, socket));
    req.on('error', (error) => this.onError(error, req));
    req.end(this.request.body);
  }

  private requestOptions(): RequestOptions {
    const { origin, agent } = this.pool;
    const { host, port, socketPath } = origin;
    const { method, path, headers, body, tls } = this.request;
    const wire = ['Host', origin.authority, ...headers];
    if (body !== undefined) wire.push('Content-Length', String(Buffer.byteLength(body)));
    // Each property costs Node 0.2 µs a request. V8 gives an object that begins with a spread a hidden class of its own.
    if (socketPath !== undefined) return { agent, socketPath, method, path, headers: wire };
    const options = { agent, host, port, method, path, headers: wire };
    return origin.secure ? Object.assign(options, tls) : options;
  }

  private onResponse(res: IncomingMessage): void {
    this.answering = true;
    if (this.req?.reusedSocket === true) this.pool.agents.countReuse();
    new BodyReader(res, this.pool.settings.maxResponseBytes, (error, body) => {
      if (error !== undefined) return this.fail(failureOf(error, this.pool.origin));
      if (this.over) return;
      const { req } = this;
      this.finish();
      // Answered before the question was taken: the socket would wait for the rest of it without an end.
      if (req?.writableFinished === false) req.destroy();
      this.resolve({ status: res.statusCode ?? 0, headers: res.headers, body });
    }).read();
  }

  // Nobody asked for another protocol. Without a listener Node drops the socket and says nothing.
  private onUpgrade(res: IncomingMessage, socket: Duplex): void {
    socket.destroy();
    if (this.over) return;
    this.finish();
    this.resolve({ status: res.statusCode ?? 0, headers: res.headers, body: '' });
  }

  private onError(error: Error, req: ClientRequest): void {
    if (this.over || req !== this.req) return;
    if (req.reusedSocket && !this.answering && !this.replayed && isReset(error)) {
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
    const { answering } = this;
    const blocked = wasBlocked(this.request.clock.deadline);
    const wasAsked = this.noteAsked();
    // After it was blocked, the event loop runs its timers before it reads sockets: the answer may be there.
    setImmediate(() => {
      const cameMeanwhile = this.answering !== answering;
      this.noteAsked();
      this.fail(this.late(blocked && (!wasAsked || cameMeanwhile)));
    });
  }

  /** Marks on the clock since when OPA has the request; `false` while it has not. */
  private noteAsked(): boolean {
    const { clock } = this.request;
    const connectedAt = this.pool.agents.connectedAt(this.req?.socket);
    if (clock.phase === 'connect' && connectedAt !== Infinity) clock.enter('opa', connectedAt);
    return clock.phase === 'opa';
  }

  private late(blocked = false): OpaError {
    return this.request.clock.late(`OPA at ${this.pool.origin.url}`, { blocked });
  }

  private fail(error: OpaError): void {
    if (this.over) return;
    const { req } = this;
    this.finish();
    req?.destroy();
    this.reject(error);
  }

  private finish(): void {
    this.over = true;
    // One that has waited long is old to the garbage collector, which would keep what it points to as well.
    this.req = undefined;
    clearTimeout(this.timer);
    const { signal } = this.request.clock;
    if (signal !== undefined && this.abort !== undefined) offAbort(signal, this.abort);
    this.pool.leave(this);
  }
}
