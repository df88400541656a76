import type { BaseEngine, EngineAnswer, EvaluateOptions, Query } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { LIMITS } from '../transport/index.js';
import { frozenCopy } from './frozen-copy.js';

/** One evaluation that several callers wait for, each within its own bounds. */
export class SharedCall {
  private readonly controller = new AbortController();
  private readonly answer: Promise<EngineAnswer>;
  private callers = 0;

  /** @param over - runs when nobody may join the call any more */
  constructor(
    private readonly engine: BaseEngine,
    private readonly waits: BoundedWaits,
    query: Query,
    readonly deadline: number,
    private readonly over: () => void,
  ) {
    const answer = engine.evaluate(query, { deadline, signal: this.controller.signal });
    // Frozen: else the handler of one caller could change what the others get.
    this.answer = answer.then(frozenCopy);
    this.answer.then(over, over);
  }

  /** The deadline has passed. */
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

  // Nobody waits any more. The next caller must not join a call that is being aborted.
  private abort(): void {
    this.over();
    this.controller.abort();
  }
}

/** Tells whether a deadline has passed. Node's timers may be up to 2 ms early. */
export function isOver(deadline: number): boolean {
  return performance.now() >= deadline - 2;
}
