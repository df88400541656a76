import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { offAbort, onAbort, OpaError } from '../contracts/index.js';
import { STOOD_STILL_MS } from './agents.js';
import { BodyReader } from './body-reader.js';
import { failureOf, isReset } from './failure.js';
import { mostIsOver } from './most-is-over.js';
import type { Pool, PoolMember } from './pool.js';
import { aborted, closed, timedOut } from './bounded-waits.js';
import type { WireAnswer, WireRequest } from './wire.js';

const TOO_LATE = 'when it could be, most of the time was over';

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
  private enteredAt = 0;
  private since = 0;
  private socketAt = Infinity;
  private req: ClientRequest | undefined;
  private timer: NodeJS.Timeout | undefined;
  private abort: (() => void) | undefined;
  private waits = false;
  private answering = false;
  private replayed = false;
  private over = false;

  constructor(
    private readonly pool: Pool,
    private readonly request: WireRequest,
    private readonly resolve: (answer: WireAnswer) => void,
    private readonly reject: (error: OpaError) => void,
  ) {}

  get halfTime(): number {
    return (this.enteredAt + this.request.bounds.deadline) / 2;
  }

  enter(): void {
    const { signal, deadline } = this.request.bounds;
    if (signal?.aborted === true) return this.fail(aborted(signal));
    this.enteredAt = performance.now();
    const remaining = deadline - this.enteredAt;
    if (remaining <= 0) return this.fail(overloaded(TOO_LATE));
    this.timer = setTimeout(() => this.onDeadline(), remaining);
    if (signal !== undefined) {
      const abort = (): void => this.fail(aborted(signal));
      onAbort(signal, abort);
      // Not written here: a function written for a property V8 makes in the old generation.
      this.abort = abort;
    }
    const place = this.pool.enter(this);
    this.waits = this.req === undefined;
    if (place === 'full') {
      const { maxPending } = this.pool.settings;
      this.fail(overloaded(`${maxPending} decisions (pool.maxPending) already wait for a socket`));
    }
  }

  begin(now: number): void {
    this.since = now;
    this.socketAt = Infinity;
    // Its turn has come with the deadline: another one had the socket for all of its time.
    if (this.request.bounds.deadline - now < 1) return this.fail(overloaded(TOO_LATE));
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
    req.on('socket', () => (this.socketAt = performance.now()));
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
    // One by one: to V8 each object that begins with a spread is of a class of its own.
    const options = { agent, host, port, socketPath, method, path, headers: wire };
    return origin.secure ? Object.assign(options, tls) : options;
  }

  private onResponse(res: IncomingMessage): void {
    this.answering = true;
    if (this.req?.reusedSocket === true) this.pool.agents.countReuse();
    new BodyReader(res, this.pool.settings.maxResponseBytes, (error, body) => {
      if (error !== undefined) return this.fail(failureOf(error, this.pool.origin));
      if (this.over) return;
      const { req } = this;
      this.pool.learn(performance.now() - this.since);
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
      this.begin(performance.now());
      return;
    }
    this.fail(failureOf(error, this.pool.origin));
  }

  private onDeadline(): void {
    const stoodStill = performance.now() - this.request.bounds.deadline >= STOOD_STILL_MS;
    const { answering, askedAt } = this;
    // A loop that stood still runs its timers before it reads: the answer may be there.
    setImmediate(() => {
      const ownFault = stoodStill && (askedAt === Infinity || this.answering !== answering);
      this.fail(ownFault ? overloaded('this process stood still') : this.late());
    });
  }

  // It may have been asked by now, with no time left for an answer: neither a flood nor a process that stood still must
  // look like an OPA that is late.
  private late(): OpaError {
    const { askedAt, enteredAt } = this;
    const askedLate = askedAt !== Infinity && askedAt > mostIsOver(enteredAt, this.request.bounds.deadline);
    if (askedLate || (this.waits && (this.req === undefined || this.since > this.halfTime)))
      return overloaded(TOO_LATE);
    // The agent's own queue, which others than decisions have filled.
    if (this.req?.socket === null) return overloaded('no socket was free in time');
    return timedOut(`OPA at ${this.pool.origin.url}`);
  }

  /** When the question began to be written; `Infinity` before. */
  private get askedAt(): number {
    return Math.max(this.socketAt, this.pool.agents.connectedAt(this.req?.socket));
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
    const { signal } = this.request.bounds;
    if (signal !== undefined && this.abort !== undefined) offAbort(signal, this.abort);
    this.pool.leave(this);
  }
}

function overloaded(why: string): OpaError {
  return new OpaError('OPA_OVERLOADED', `OPA is not asked: ${why}.`);
}
