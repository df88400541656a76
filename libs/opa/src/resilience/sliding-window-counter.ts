/** How finely the time is reckoned: something may be forgotten by a hundredth of it too early. */
const BUCKETS = 100;

/** Counts what has happened in the last so many milliseconds, in memory that doesn't grow. */
export class SlidingWindowCounter {
  private readonly counts = new Array<number>(BUCKETS).fill(0);
  private newest: number;

  /** @param duration - how long something counts, in milliseconds */
  constructor(private readonly duration: number) {
    this.newest = this.bucketOfNow();
  }

  add(): void {
    const bucket = this.forget();
    this.counts[bucket % BUCKETS] = (this.counts[bucket % BUCKETS] ?? 0) + 1;
  }

  total(): number {
    this.forget();
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  reset(): void {
    this.counts.fill(0);
  }

  private forget(): number {
    const now = this.bucketOfNow();
    const passed = Math.min(now - this.newest, BUCKETS);
    for (let i = 0; i < passed; i += 1) this.counts[(now - i) % BUCKETS] = 0;
    this.newest = now;
    return now;
  }

  private bucketOfNow(): number {
    return Math.floor((performance.now() * BUCKETS) / this.duration);
  }
}
