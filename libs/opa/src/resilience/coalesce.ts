import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { inputJson } from '../contracts/index.js';
import { bounded } from '../transport/index.js';
import { EngineWrapper } from './wrapper.js';

/** Lets identical questions that are in flight at the same time share one call; each keeps its own bounds. */
export class CoalescingEngine extends EngineWrapper {
  private readonly calls = new Map<string, SharedCall>();

  async evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const json = query.json ?? inputJson(query.input);
    const key = `${query.policy}\n${json}`;
    for (;;) {
      const known = this.calls.get(key);
      const call = known ?? this.start(key, { ...query, json }, options);
      try {
        return await call.join(options);
      } catch (error) {
        // The call ended with its first asker's time; this one has some left.
        if (known === undefined || !known.expired() || options.deadline <= known.deadline) throw error;
      }
    }
  }

  private start(key: string, query: Query, { deadline }: EvaluateOptions): SharedCall {
    const call = new SharedCall(this.engine, query, deadline, () => {
      if (this.calls.get(key) === call) this.calls.delete(key);
    });
    this.calls.set(key, call);
    return call;
  }
}

class SharedCall {
  private readonly controller = new AbortController();
  private readonly answer: Promise<EngineAnswer>;
  private askers = 0;

  constructor(
    private readonly engine: PolicyEngine,
    query: Query,
    readonly deadline: number,
    private readonly over: () => void,
  ) {
    this.answer = engine.evaluate(query, { deadline, signal: this.controller.signal });
    this.answer.then(over, over);
  }

  // Timers may be a little early.
  expired(): boolean {
    return performance.now() >= this.deadline - 2;
  }

  async join(options: EvaluateOptions): Promise<EngineAnswer> {
    this.askers += 1;
    try {
      return await bounded(`The engine "${this.engine.name}"`, options, () => this.answer);
    } finally {
      this.askers -= 1;
      if (this.askers === 0) this.leave();
    }
  }

  // Nobody waits any more. Whoever asks next must not join a call that is being aborted.
  private leave(): void {
    this.over();
    this.controller.abort();
  }
}
