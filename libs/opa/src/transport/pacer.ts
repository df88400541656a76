import { clearImmediate, clearTimeout, setImmediate, setTimeout } from 'node:timers';

/**
 * How many exchanges begin in one turn of the event loop. A thousand at once would hold it for the time of a hundred
 * connects, and their answers would again, for they come at the same time as well.
 */
const A_TURN = 8;

/** Over which share of an answer's usual time a whole pool of exchanges begins. */
const SHARE = 1 / 3;

/** Over how many milliseconds at the most: beyond, waiting would cost more than it spares. */
const LONGEST_MS = 33;

/** How much of the usual time the latest answer makes. */
const WEIGHT = 1 / 8;

/**
 * Lets the exchanges of a burst begin one portion after another, as TCP paces its packets.
 *
 * @remarks With a fast OPA a portion is a turn of the event loop's. Behind one that takes 100 ms, a hundred that begin at
 * once are a hundred answers in one millisecond as well, and so again and again for as long as the burst lasts. There
 * a portion is a millisecond's: three times what OPA can go on with, so that no time is lost over more than one exchange.
 * Where a turn takes longer, for the application has other work to do, as many portions begin as it took milliseconds.
 */
export class Pacer {
  private portion = A_TURN;
  private usualMs = 0;
  private left = A_TURN;
  private restingSince: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;

  /**
   * @param places - how many exchanges there may be at once
   * @param onPortion - told when further ones may begin
   */
  constructor(
    private readonly places: number,
    private readonly onPortion: () => void,
  ) {}

  /** Takes one begin of the portion; `false` when it is used up. */
  take(): boolean {
    if (this.restingSince !== undefined) return false;
    this.left -= 1;
    if (this.left <= 0) this.rest();
    return true;
  }

  /** Learns how long an answer took, in milliseconds. */
  learn(tookMs: number): void {
    this.usualMs += (tookMs - this.usualMs) * (this.usualMs === 0 ? 1 : WEIGHT);
    const aMillisecond = Math.floor(this.places / Math.min(this.usualMs * SHARE, LONGEST_MS));
    this.portion = Math.max(1, Math.min(A_TURN, aMillisecond));
    this.left = Math.min(this.left, this.portion);
  }

  /** No further portion follows. */
  stop(): void {
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
  }

  private rest(): void {
    this.restingSince = performance.now();
    if (this.portion < A_TURN) this.timer = setTimeout(this.next, 1);
    else this.immediate = setImmediate(this.next);
  }

  private readonly next = (): void => {
    const tookMs = performance.now() - (this.restingSince ?? 0);
    this.restingSince = undefined;
    this.left = Math.floor(this.portion * Math.max(1, tookMs));
    this.onPortion();
    this.left = Math.min(this.left, this.portion);
  };
}
