import type { BaseEngine, EngineAnswer, EvaluateOptions, OpaError, Query } from '../contracts/index.js';
import { blameLargeInput, inputJson } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { EngineWrapper } from './engine-wrapper.js';
import { isOver, SharedCall } from './shared-call.js';
import { worstFailure } from './worst-failure.js';

/** Lets identical queries that are in flight at the same time share one call. Each keeps its own bounds. */
export class CoalescingEngine extends EngineWrapper {
  /** The latest call of each query. */
  private readonly calls = new Map<string, SharedCall>();

  constructor(
    engine: BaseEngine,
    private readonly waits: BoundedWaits,
  ) {
    super(engine);
  }

  async evaluateNow(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const written = { ...query, json: query.json ?? inputJson(query.input) };
    const key = `${query.policy}\n${written.json}`;
    let failure: OpaError | undefined;
    for (;;) {
      const running = this.calls.get(key);
      // After this query's deadline, nobody could tell why a call with a later deadline has no answer yet.
      if (running !== undefined && options.deadline < running.deadline) {
        // This query's answer will be newer than the call's, so nobody may join the call afterwards.
        this.calls.delete(key);
        return this.engine.evaluateNow(written, options);
      }
      const call = running ?? this.start(key, written, options);
      try {
        return await call.join(options);
      } catch (error) {
        failure = worstFailure(failure, blameLargeInput(error, written));
        // The call ended at the deadline of its first caller. This caller may have time left.
        if (running?.expired !== true || isOver(options.deadline)) throw failure;
      }
    }
  }

  /** Lets nobody join the calls that are under way. Callers that have joined get their answers. */
  renew(): void {
    this.calls.clear();
  }

  private start(key: string, query: Query, { deadline }: EvaluateOptions): SharedCall {
    const call = new SharedCall(this.engine, this.waits, query, deadline, () => {
      if (this.calls.get(key) === call) this.calls.delete(key);
    });
    this.calls.set(key, call);
    return call;
  }
}
