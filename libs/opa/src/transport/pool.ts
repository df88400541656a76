import type { Agents } from './agents.js';
import type { Listed } from './member-list.js';
import { MemberList } from './member-list.js';
import type { Origin } from './origin.js';
import type { PoolSettings } from './pool.options.js';

/** One exchange as the pool sees it. */
export interface PoolMember extends Listed<PoolMember> {
  /** A place is free: use it until {@link Pool.leave}. */
  begin(): void;
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
  private readonly active = new MemberList<PoolMember>();
  private readonly queue = new MemberList<PoolMember>();
  private onLeave: ((member: PoolMember) => void) | undefined;

  constructor(
    readonly origin: Origin,
    readonly agents: Agents,
    readonly settings: PoolSettings,
  ) {}

  /** How many exchanges wait for a place. */
  get waiting(): number {
    return this.queue.size;
  }

  /** Lets an exchange begin, now or when its turn comes; not at all when the queue is full. */
  enter(member: PoolMember): 'begun' | 'queued' | 'full' {
    if (this.active.size < this.settings.maxSockets) {
      this.active.add(member);
      member.begin();
      return 'begun';
    }
    if (this.queue.size >= this.settings.maxPending) return 'full';
    this.queue.add(member);
    return 'queued';
  }

  /** Takes an exchange out, whether it had begun or not. */
  leave(member: PoolMember): void {
    if (this.active.delete(member) && this.queue.size > 0) process.nextTick(this.beginNext);
    else this.queue.delete(member);
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
  }

  // A tick later, for Node frees the socket of an answer a tick after the answer's end.
  private readonly beginNext = (): void => {
    if (this.active.size >= this.settings.maxSockets) return;
    const next = this.queue.first;
    if (next === undefined) return;
    this.queue.delete(next);
    this.active.add(next);
    next.begin();
  };
}
