import type { Socket } from 'node:net';
import { setTimeout, clearTimeout } from 'node:timers';
import { HttpAgent, HttpsAgent } from 'agentkeepalive';
import type { PoolSettings } from './pool.options.js';

type KeepAliveAgent = HttpAgent | HttpsAgent;
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

/** The keep-alive agents of one module instance, and every socket that they have opened. */
export class Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  private readonly open = new Set<Socket>();
  private readonly all: readonly KeepAliveAgent[];
  private created = 0;
  private reused = 0;

  constructor(private readonly settings: PoolSettings) {
    const options = {
      keepAlive: true,
      // The pool bounds them for decisions. Room for those that are dying keeps the agent's own queue empty, which hands
      // a used socket on as if it were fresh, so that its reset could not be told from an outage.
      maxSockets: 2 * settings.maxSockets,
      maxFreeSockets: settings.maxFreeSockets,
      freeSocketTimeout: settings.freeSocketTimeout,
      socketActiveTTL: settings.socketTtl,
      // A socket in use is bounded by its decision's deadline.
      timeout: 0,
    };
    this.http = new HttpAgent({ ...options });
    this.https = new HttpsAgent({ ...options });
    this.all = [this.http, this.https];
    for (const agent of this.all) this.watch(agent);
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

  /** Closes the idle sockets: after a reset the others may be dead as well. */
  closeIdle(): void {
    for (const socket of this.idle()) socket.destroy();
  }

  /** Closes the idle sockets, and from now on each one that has idled for 50 ms. */
  drain(): void {
    for (const agent of this.all) {
      Object.assign((agent as unknown as { options: object }).options, {
        freeSocketTimeout: DRAINING_IDLE_MS,
      });
    }
    this.closeIdle();
  }

  /** Destroys every socket; resolves when all of them are closed. */
  async destroy(): Promise<void> {
    const closed = [...this.open].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    for (const agent of this.all) agent.destroy();
    for (const socket of this.open) socket.destroy();
    await Promise.all(closed);
  }

  private idle(): Socket[] {
    return this.all.flatMap((agent) =>
      Object.values(agent.freeSockets).flatMap((sockets) => [...(sockets ?? [])]),
    );
  }

  private watch(agent: KeepAliveAgent): void {
    const create: CreateConnection = agent.createConnection.bind(agent);
    agent.createConnection = ((options, callback) => {
      const socket = create(options, callback);
      this.created += 1;
      this.open.add(socket);
      socket.once('close', () => this.open.delete(socket));
      this.boundConnecting(socket, agent === this.https ? 'secureConnect' : 'connect');
      return socket;
    }) satisfies CreateConnection;
  }

  private boundConnecting(socket: Socket, connected: 'connect' | 'secureConnect'): void {
    const limit = this.settings.connectTimeout;
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no connection within ${limit} ms (pool.connectTimeout)`));
    }, limit);
    const done = (): void => clearTimeout(timer);
    socket.once(connected, done).once('close', done);
  }
}
