import { describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { Agents } from '../../src/transport/agents.js';
import { parseOrigin } from '../../src/transport/origin.js';
import type { PoolMember } from '../../src/transport/pool.js';
import { Pool } from '../../src/transport/pool.js';
import { poolSettings } from '../../src/transport/pool.options.js';

class Member implements PoolMember {
  begun = false;

  constructor(readonly latestFairStart = Infinity) {}

  begin(): void {
    this.begun = true;
  }

  close(): void {
    this.begun = false;
  }
}

function poolOf(maxSockets: number, maxPending: number): Pool {
  const settings = poolSettings({ maxSockets, maxPending }, 1_000);
  return new Pool(parseOrigin('http://127.0.0.1:1'), new Agents(settings), settings);
}

const begun = (members: readonly Member[]): number => members.filter((member) => member.begun).length;

describe('a burst of queries', () => {
  it('starts a few exchanges in each turn of the event loop, in order, until all sockets are in use', async () => {
    const pool = poolOf(20, 100);
    const members = Array.from({ length: 30 }, () => new Member());
    for (const member of members) expect(pool.enter(member)).toBe(true);
    const counts = [begun(members)];
    for (let i = 0; i < 4; i += 1) {
      await turn();
      counts.push(begun(members));
    }
    // A turn that took several milliseconds lets more begin.
    expect(counts[0]).toBe(8);
    expect(counts[1]).toBeGreaterThanOrEqual(16);
    expect(counts.slice(2)).toEqual([20, 20, 20]);
    expect(members.slice(0, 20).every((member) => member.begun)).toBe(true);
    expect(pool.waiting).toBe(10);
  });

  it('does not fill the queue: a query that only waits for the next turn has a socket', () => {
    const pool = poolOf(20, 5);
    const entered = Array.from({ length: 26 }, () => pool.enter(new Member()));
    expect(entered).toEqual([...Array.from({ length: 25 }, () => true), false]);
    expect(pool.waiting).toBe(5);
  });

  it('gives the place of a cancelled query to the next one', async () => {
    const pool = poolOf(10, 5);
    const members = Array.from({ length: 15 }, () => new Member());
    for (const member of members) pool.enter(member);
    for (const member of members.slice(8, 10)) pool.leave(member);
    await turn();
    expect(members.map((member) => member.begun)).toEqual([
      ...Array.from({ length: 8 }, () => true),
      ...Array.from({ length: 2 }, () => false),
      ...Array.from({ length: 2 }, () => true),
      ...Array.from({ length: 3 }, () => false),
    ]);
  });
});

describe('the queue', () => {
  it('is served in order, and newest first while the oldest has waited for more than half of its time', async () => {
    const pool = poolOf(1, 10);
    const holds = new Member();
    const late = new Member(0);
    const [fresh, freshest] = [new Member(), new Member()];
    for (const member of [holds, late, fresh, freshest]) pool.enter(member);
    const served: Member[] = [holds];
    for (let current = holds; served.length < 4; served.push(current)) {
      pool.leave(current);
      await turn();
      current = [late, fresh, freshest].find((place) => place.begun && !served.includes(place)) ?? current;
    }
    expect(served).toEqual([holds, freshest, fresh, late]);
  });
});
