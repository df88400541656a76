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
  /** Answers that came over a kept-alive socket. */
  readonly reused: number;
}

/** Until when a socket may live, and may idle, and since when its connection stands; as `performance.now()` gives it. */
interface Lease {
  readonly retireAt: number;
  idleUntil: number;
  connectedAt: number;
}

// Node tries a name's addresses one after another, each for 250 ms unless it is told otherwise: as long as all of them
// have by default, so that a first one that drops packets would keep the second from being tried. It takes 10 ms at the
// least, and gives the last one all of the rest.
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
      // The pool bounds them for decisions. Room for those that are dying keeps the agent's own queue empty, which hands
      // a used socket on as if it were fresh, so that its reset could not be told from an outage.
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

  /** Counts an answer over a kept-alive socket. */
  countReuse(): void {
    this.reused += 1;
  }

  /** Since when a socket's connection stands, its TLS included; `Infinity` while it doesn't. */
  connectedAt(socket: Socket | null | undefined): number {
    return (socket && this.open.get(socket)?.connectedAt) ?? Infinity;
  }

  /** Closes the idle sockets: after a reset the others may be dead as well. */
  closeIdle(): void {
    for (const socket of this.idle()) socket.destroy();
  }

  /** Closes the idle sockets, and from now on each one that has idled for 50 ms. */
  drain(): void {
    this.idleLimit = Math.min(this.idleLimit, DRAINING_IDLE_MS);
    this.closeIdle();
  }

  /** Destroys every socket and what waits for one; resolves when all of them are closed. */
  async destroy(): Promise<void> {
    for (const agent of this.all) {
      agent.createConnection = refuse;
      failQueued(agent);
    }
    const sockets = [...this.open.keys()];
    const over = sockets.map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    for (const agent of this.all) agent.destroy();
    for (const socket of sockets) socket.destroy();
    this.idleTimer.stop();
    await Promise.all(over);
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
      // Before the listener of HTTP's own, which is there while an answer is awaited and goes with the answer's end.
      socket.on('data', closeUnasked);
      this.boundConnecting(socket, lease, agent === this.https ? 'secureConnect' : 'connect');
      return socket;
    }) satisfies CreateConnection;
    // Asked when an answer is over; Node's types don't know that the answer counts.
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

// What nobody waits for tells that answers and questions on this socket are out of step: the next question would get
// what was meant for another one. Node drops it and keeps the socket.
function closeUnasked(this: Socket): void {
  if (this.listenerCount('data') === 1) this.destroy();
}

// What opens sockets once the module is closed. To Node, no socket is one that the callback tells of.
const refuse: CreateConnection = (_options, callback) => callback?.(closed()) as Socket;

// Requests of the HttpService's other users may wait in the agent, which opens a socket for the next one whenever it
// loses one. That a request is destroyed shows when it is handed a socket.
function failQueued(agent: KeepAliveAgent): void {
  for (const [name, queue = []] of Object.entries(agent.requests)) {
    Reflect.deleteProperty(agent.requests, name);
    for (const request of queue) request.destroy(closed()).onSocket(new Socket());
  }
}
