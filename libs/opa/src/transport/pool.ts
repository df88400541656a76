import type { Agents, KeepAliveAgent } from './agents.js';
import type { Listed } from './member-list.js';
import { MemberList } from './member-list.js';
import type { Origin } from './origin.js';
import { Pacer } from './pacer.js';
import type { PoolSettings } from './pool.options.js';

/** One exchange as the pool sees it. */
export interface PoolMember extends Listed<PoolMember> {
  /** The latest start that leaves OPA a fair share of the deadline, as `performance.now()` gives it. */
  readonly latestFairStart: number;
  /** Starts the exchange, which has a place from `now` (`performance.now()`) until {@link Pool.leave}. */
  begin(now: number): void;
  /** Ends the exchange, since the pool closes. */
  close(): void;
}

/**
 * Limits the exchanges with one OPA: as many at once as there may be sockets, and a bounded queue.
 *
 * @remarks The agent's own queue has no limit and ignores the age of a socket. With this queue in front, the agent's queue
 * stays empty.
 */
export class Pool {
  /** The agent for the scheme of this OPA's address. */
  readonly agent: KeepAliveAgent;
  private readonly active = new MemberList<PoolMember>();
  private readonly queue = new MemberList<PoolMember>();
  private readonly pacer: Pacer;
  private onLeave: ((member: PoolMember) => void) | undefined;

  constructor(
    readonly origin: Origin,
    readonly agents: Agents,
    readonly settings: PoolSettings,
  ) {
    this.agent = origin.secure ? agents.https : agents.http;
    this.pacer = new Pacer(() => this.beginAll());
  }

  /** The number of exchanges that wait for a socket. */
  get waiting(): number {
    return Math.max(0, this.active.size + this.queue.size - this.settings.maxSockets);
  }

  /** Starts an exchange, now or when a socket is free and its portion begins; `false` when the queue is full. */
  enter(member: PoolMember): boolean {
    const { maxSockets, maxPending } = this.settings;
    if (this.active.size + this.queue.size >= maxSockets + maxPending) return false;
    this.queue.add(member);
    this.beginNext();
    return true;
  }

  /** Removes an exchange, whether it has begun or not. */
  leave(member: PoolMember): void {
    if (this.active.delete(member)) {
      // Node frees the socket one tick after the end of the response.
      if (this.queue.size > 0) process.nextTick(this.beginNext);
    } else this.queue.delete(member);
    this.onLeave?.(member);
  }

  /** Resolves when the present exchanges have ended; does not wait for later ones. */
  settled(): Promise<void> {
    const members = new Set([...this.active.all(), ...this.queue.all()]);
    if (members.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onLeave = (member) => {
        members.delete(member);
        if (members.size === 0) resolve();
      };
    });
  }

  /** Ends every exchange. */
  close(): void {
    for (const member of [...this.queue.all(), ...this.active.all()]) member.close();
    this.pacer.stop();
  }

  private readonly beginNext = (): boolean => {
    const { first } = this.queue;
    if (first === undefined || this.active.size >= this.settings.maxSockets || !this.pacer.take())
      return false;
    const now = performance.now();
    const next = this.nextOf(first, now);
    this.queue.delete(next);
    this.active.add(next);
    next.begin(now);
    return true;
  };

  // First come, first served, until the first has waited for too long. Then more decisions arrive than OPA can process,
  // and in their order every request would be late. The newest decision still has time.
  private nextOf(first: PoolMember, now: number): PoolMember {
    return first.latestFairStart < now ? (this.queue.last ?? first) : first;
  }

  private beginAll(): void {
    while (this.beginNext());
  }
}
