import { clearImmediate, setImmediate } from 'node:timers';

/**
 * How many exchanges begin in one turn of the event loop. If a thousand began at once, connecting would block the
 * event loop. Their responses would also arrive together, and block the event loop again.
 */
const A_TURN = 8;

/**
 * Lets the exchanges of a burst begin in portions, one in each turn of the event loop.
 *
 * @remarks After a turn that took several milliseconds (the application has other work to do) as many portions begin as
 * the turn took milliseconds. With one portion a turn, a hundred decisions beside other work of 30 ms a turn took over a
 * second.
 */
export class Pacer {
  private remaining = A_TURN;
  private restingSince: number | undefined;
  private immediate: NodeJS.Immediate | undefined;

  /** @param onPortion - called when further exchanges may begin */
  constructor(private readonly onPortion: () => void) {}

  /** Takes one begin of the portion; `false` when the portion is used up. */
  take(): boolean {
    if (this.restingSince !== undefined) return false;
    this.remaining -= 1;
    if (this.remaining <= 0) {
      this.restingSince = performance.now();
      this.immediate = setImmediate(this.next);
    }
    return true;
  }

  /** No further portion follows. */
  stop(): void {
    clearImmediate(this.immediate);
  }

  private readonly next = (): void => {
    const tookMs = performance.now() - (this.restingSince ?? 0);
    this.restingSince = undefined;
    this.remaining = Math.floor(A_TURN * Math.max(1, tookMs));
    this.onPortion();
    this.remaining = Math.min(this.remaining, A_TURN);
  };
}
