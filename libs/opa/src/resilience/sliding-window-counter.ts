/** The number of buckets of a window. An event may be dropped up to a hundredth of the window too early. */
const BUCKETS = 100;

/** Counts the events of the last milliseconds. The memory is bounded. */
export class SlidingWindowCounter {
  private readonly counts = new Array<number>(BUCKETS).fill(0);
  private newest: number;

  /** @param duration - the length of the window, in milliseconds */
  constructor(private readonly duration: number) {
    this.newest = this.currentBucket();
  }

  add(): void {
    const bucket = this.forgetOld();
    this.counts[bucket % BUCKETS] = (this.counts[bucket % BUCKETS] ?? 0) + 1;
  }

  total(): number {
    this.forgetOld();
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  reset(): void {
    this.counts.fill(0);
  }

  private forgetOld(): number {
    const current = this.currentBucket();
    const passed = Math.min(current - this.newest, BUCKETS);
    for (let i = 0; i < passed; i += 1) this.counts[(current - i) % BUCKETS] = 0;
    this.newest = current;
    return current;
  }

  private currentBucket(): number {
    return Math.floor((performance.now() * BUCKETS) / this.duration);
  }
}
