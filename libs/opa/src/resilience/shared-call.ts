import type { BaseEngine, EngineAnswer, EvaluateOptions, Query } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { LIMITS } from '../transport/index.js';
import { frozenCopy } from './frozen-copy.js';

/** One evaluation that several callers wait for. Each caller has its own deadline and signal. */
export class SharedCall {
  private readonly controller = new AbortController();
  private readonly answer: Promise<EngineAnswer>;
  private callers = 0;

  readonly deadline: number;

  /**
   * @param options - the deadline and the trace of the first caller
   * @param over - is called when no further caller may join
   */
  constructor(
    private readonly engine: BaseEngine,
    private readonly waits: BoundedWaits,
    query: Query,
    { deadline, trace }: EvaluateOptions,
    private readonly over: () => void,
  ) {
    this.deadline = deadline;
    const answer = engine.evaluate(query, { deadline, trace, signal: this.controller.signal });
    // The result is frozen, because one caller's handler could otherwise change the result of the others.
    this.answer = answer.then(frozenCopy);
    this.answer.then(over, over);
  }

  /** Whether the deadline has passed. */
  get expired(): boolean {
    return isOver(this.deadline);
  }

  async join({ deadline, signal }: EvaluateOptions): Promise<EngineAnswer> {
    this.callers += 1;
    try {
      const bounds = { deadline: deadline + LIMITS.graceMs, signal };
      return await this.waits.bounded(`The engine "${this.engine.name}"`, bounds, () => this.answer);
    } finally {
      this.callers -= 1;
      if (this.callers === 0) this.abort();
    }
  }

  // No caller waits any more. The next caller must not join a call that is being aborted.
  private abort(): void {
    this.over();
    this.controller.abort();
  }
}

/** Tells whether a deadline has passed. Node's timers may run up to 2 ms early. */
export function isOver(deadline: number): boolean {
  return performance.now() >= deadline - 2;
}
