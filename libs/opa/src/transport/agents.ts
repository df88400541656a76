import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { HttpAgent, HttpsAgent } from 'agentkeepalive';
import { IdleTimer } from './idle-timer.js';
import type { PoolSettings } from './pool.options.js';
import { closed } from './bounded-waits.js';
import { wasBlocked } from './lateness.js';

/** An agent that keeps its sockets, of either scheme. */
export type KeepAliveAgent = HttpAgent | HttpsAgent;
type CreateConnection = KeepAliveAgent['createConnection'];

/** How long a socket may idle once the module is shutting down, in milliseconds. */
const DRAINING_IDLE_MS = 50;

/** What the agents' sockets are doing. */
export interface SocketStats {
  readonly inUse: number;
  readonly idle: number;
  readonly created: number;
  readonly closed: number;
  /** Responses over a kept-alive socket. */
  readonly reused: number;
}

/** The times of one socket, as `performance.now()` gives them. */
interface Lease {
  /** The pool closes the socket at its first idle moment after this. */
  readonly retireAt: number;
  /** The idle timer closes the socket at this time, unless a request uses it before. */
  idleUntil: number;
  /** When the connection, with its TLS, was established; `Infinity` before. */
  connectedAt: number;
}

// Node tries the addresses of a name one after another. By default it gives each 250 ms, which is all that
// `connectTimeout` allows: a first address that drops packets would keep Node from trying the second. Node accepts 10 ms
// or more, and gives the last address the remaining time.
const MIN_ATTEMPT_MS = 10;
const ATTEMPTS = 4;

function attemptTimeout(connectTimeout: number): number {
  return Math.max(MIN_ATTEMPT_MS, Math.floor(connectTimeout / ATTEMPTS));
}

/** The keep-alive agents of one module instance, and every socket that they have opened. */
export class Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  private readonly open = new Map<Socket, Lease>();
  private readonly all: readonly KeepAliveAgent[];
  private readonly idleTimer = new IdleTimer((now) => this.closeDue(now));
  private idleLimit: number;
  private created = 0;
  private reused = 0;

  constructor(private readonly settings: PoolSettings) {
    this.idleLimit = settings.freeSocketTimeout;
    const options = {
      keepAlive: true,
      // The pool limits the sockets of decisions. The agent has room for twice as many, since some are closing: so its
      // own queue stays empty. That queue hands a used socket on as if it were fresh, and a reset of such a socket looks
      // like an outage.
      maxSockets: 2 * settings.maxSockets,
      maxFreeSockets: settings.maxFreeSockets,
      // The lease of a socket and the one idle timer bound its idling and its life.
      freeSocketTimeout: 0,
      socketActiveTTL: 0,
      // The decision's deadline bounds a socket in use.
      timeout: 0,
      autoSelectFamilyAttemptTimeout: attemptTimeout(settings.connectTimeout),
    };
    this.http = new HttpAgent({ ...options });
    this.https = new HttpsAgent({ ...options });
    this.all = [this.http, this.https];
    for (const agent of this.all) this.watch(agent, hideOptions(agent));
  }

  /** A snapshot of the sockets. */
  stats(): SocketStats {
    const idle = this.idle().length;
    return {
      inUse: this.open.size - idle,
      idle,
      created: this.created,
      closed: this.created - this.open.size,
      reused: this.reused,
    };
  }

  /** Counts a response over a kept-alive socket. */
  countReuse(): void {
    this.reused += 1;
  }

  /** When a socket's connection, with its TLS, was established; `Infinity` before. */
  connectedAt(socket: Socket | null | undefined): number {
    return (socket && this.open.get(socket)?.connectedAt) ?? Infinity;
  }

  /** Closes the idle sockets. After one was reset, the others may be dead as well. */
  closeIdle(): void {
    for (const socket of this.idle()) socket.destroy();
  }

  /** Closes the idle sockets. From now on a socket may idle for 50 ms. */
  drain(): void {
    this.idleLimit = Math.min(this.idleLimit, DRAINING_IDLE_MS);
    this.closeIdle();
  }

  /** Destroys every socket and every request that waits for one; resolves when all sockets are closed. */
  async destroy(): Promise<void> {
    for (const agent of this.all) {
      agent.createConnection = refuse;
      failQueued(agent);
    }
    const sockets = [...this.open.keys()];
    const closing = sockets.map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    for (const agent of this.all) agent.destroy();
    for (const socket of sockets) socket.destroy();
    this.idleTimer.stop();
    await Promise.all(closing);
  }

  private idle(): Socket[] {
    return this.all.flatMap((agent) =>
      Object.values(agent.freeSockets).flatMap((sockets) => [...(sockets ?? [])]),
    );
  }

  private closeDue(now: number): number {
    let next = Infinity;
    for (const socket of this.idle()) {
      const { idleUntil } = this.open.get(socket) ?? { idleUntil: now };
      if (idleUntil <= now + 1) socket.destroy();
      else next = Math.min(next, idleUntil);
    }
    return next;
  }

  private watch(agent: KeepAliveAgent, hiddenOptions: object): void {
    const create: CreateConnection = agent.createConnection.bind(agent);
    agent.createConnection = ((options, callback) => {
      const socket = create(Object.assign(options, hiddenOptions), callback);
      this.created += 1;
      const retireAt = performance.now() + this.settings.socketTtl;
      const lease = { retireAt, idleUntil: retireAt, connectedAt: Infinity };
      this.open.set(socket, lease);
      socket.once('close', () => this.open.delete(socket));
      // Comes before HTTP's own listener, which exists only from a request until the end of its response.
      socket.on('data', closeWhenUnsolicited);
      this.boundConnecting(socket, lease, agent === this.https ? 'secureConnect' : 'connect');
      return socket;
    }) satisfies CreateConnection;
    // Node calls it at the end of a response. Its types do not say that the result counts.
    const keeps = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => boolean;
    agent.keepSocketAlive = (socket) => keeps(socket) && this.mayIdle(socket as Socket);
  }

  private mayIdle(socket: Socket): boolean {
    const lease = this.open.get(socket);
    // Node takes a limit of 0 idle sockets for its default of 256.
    if (lease === undefined || this.settings.maxFreeSockets === 0) return false;
    const now = performance.now();
    if (now >= lease.retireAt) return false;
    lease.idleUntil = Math.min(now + this.idleLimit, lease.retireAt);
    this.idleTimer.at(lease.idleUntil);
    return true;
  }

  private boundConnecting(socket: Socket, lease: Lease, connected: 'connect' | 'secureConnect'): void {
    const limit = this.settings.connectTimeout;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const due = performance.now() + limit;
      timer = setTimeout(() => {
        const blocked = wasBlocked(due);
        // The loop reads sockets after its timers. The time in which it was blocked does not count.
        setImmediate(() => {
          if (lease.connectedAt !== Infinity || socket.destroyed) return;
          if (blocked) arm();
          else socket.destroy(new Error(`no connection within ${limit} ms (pool.connectTimeout)`));
        });
      }, limit);
    };
    const stop = (): void => clearTimeout(timer);
    arm();
    socket
      .once(connected, () => (lease.connectedAt = performance.now()))
      .once(connected, stop)
      .once('close', stop);
  }
}

// For each request Node spreads the agent's options into an object without a prototype, which is slow: eight options cost
// a tenth of an exchange. Only `path` matters to a request. The agent reads the others by name, so they need not be
// enumerable. Gives the hidden options, for connections need them.
function hideOptions(agent: KeepAliveAgent): object {
  const { options } = agent as unknown as { readonly options: object };
  const hidden = Object.entries(options).filter(([name]) => name !== 'path');
  for (const [name] of hidden) Object.defineProperty(options, name, { enumerable: false });
  return Object.fromEntries(hidden);
}

// Unsolicited data on an idle socket desynchronizes it: the next request would get the response of another one. Node drops
// the data and keeps the socket.
function closeWhenUnsolicited(this: Socket): void {
  if (this.listenerCount('data') === 1) this.destroy();
}

// Replaces `createConnection` once the module is closed. Without a socket Node waits for the callback.
const refuse: CreateConnection = (_options, callback) => callback?.(closed()) as Socket;

// Requests of other users of the HttpService may wait in the agent. Whenever the agent loses a socket, it opens one for the
// next request. A destroyed request emits its error only when it is given a socket.
function failQueued(agent: KeepAliveAgent): void {
  for (const [name, queue = []] of Object.entries(agent.requests)) {
    Reflect.deleteProperty(agent.requests, name);
    for (const request of queue) request.destroy(closed()).onSocket(new Socket());
  }
}
