import type { Agents, KeepAliveAgent } from './agents.js';
import type { Listed } from './member-list.js';
import { MemberList } from './member-list.js';
import type { Origin } from './origin.js';
import { Pacer } from './pacer.js';
import type { PoolSettings } from './pool.options.js';

/** One exchange as the pool sees it. */
export interface PoolMember extends Listed<PoolMember> {
  /** Until when it must begin to leave OPA a fair share of its time, as `performance.now()` gives it. */
  readonly latestFairStart: number;
  /** A place is free, now (`performance.now()`): use it until {@link Pool.leave}. */
  begin(now: number): void;
  /** The pool is closing: give up now. */
  close(): void;
}

/**
 * The places for exchanges with one OPA: as many at once as there may be sockets, and a bounded queue behind them.
 *
 * @remarks The agent's own queue has no bound, and hands sockets on without asking for their age; with this one in
 * front it stays empty.
 */
export class Pool {
  /** The agent that this OPA's scheme asks for. */
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

  /** How many exchanges wait for a place. */
  get waiting(): number {
    return Math.max(0, this.active.size + this.queue.size - this.settings.maxSockets);
  }

  /** Lets an exchange begin when it has a place and its turn; `false` when the queue is full. */
  enter(member: PoolMember): boolean {
    const { maxSockets, maxPending } = this.settings;
    if (this.active.size + this.queue.size >= maxSockets + maxPending) return false;
    this.queue.add(member);
    this.beginNext();
    return true;
  }

  /** Takes an exchange out, whether it had begun or not. */
  leave(member: PoolMember): void {
    if (this.active.delete(member)) {
      // A tick later, for Node frees the socket of an answer a tick after the answer's end.
      if (this.queue.size > 0) process.nextTick(this.beginNext);
    } else this.queue.delete(member);
    this.onLeave?.(member);
  }

  /** Resolves when the exchanges of this moment are over; later ones aren't waited for. */
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

  /** Makes every exchange give up. */
  close(): void {
    for (const member of [...this.queue.all(), ...this.active.all()]) member.close();
    this.pacer.stop();
  }

  private readonly beginNext = (): boolean => {
    const { first } = this.queue;
    if (first === undefined || this.active.size >= this.settings.maxSockets || !this.pacer.take())
      return false;
    const now = performance.now();
    const next = this.turnOf(first, now);
    this.queue.delete(next);
    this.active.add(next);
    next.begin(now);
    return true;
  };

  // In their order, until more come than OPA can take: then each would be sent too late, for it has waited for all
  // before it, and none be answered. The latest still has its time.
  private turnOf(first: PoolMember, now: number): PoolMember {
    return first.latestFairStart < now ? (this.queue.last ?? first) : first;
  }

  private beginAll(): void {
    while (this.beginNext());
  }
}
