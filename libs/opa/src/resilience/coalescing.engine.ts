import type { BaseEngine, EngineAnswer, EvaluateOptions, OpaError, Query } from '../contracts/index.js';
import { blameLargeInput, snapshotOf } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { EngineWrapper } from './engine-wrapper.js';
import { isOver, SharedCall } from './shared-call.js';
import { worstFailure } from './worst-failure.js';

/** Identical queries at the same time share one call to OPA. Each query keeps its own deadline and signal. */
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
    const key = `${query.policy}\n${snapshotOf(query).json}`;
    let failure: OpaError | undefined;
    for (;;) {
      const running = this.calls.get(key);
      // The call has a later deadline. So when this query's deadline passed, the call could not say yet who is to blame.
      if (running !== undefined && options.deadline < running.deadline) {
        // This query's result will be newer than the result of the call, so later queries must not join the call.
        this.calls.delete(key);
        return this.engine.evaluateNow(query, options);
      }
      const call = running ?? this.start(key, query, options);
      try {
        return await call.join(options);
      } catch (error) {
        failure = worstFailure(failure, blameLargeInput(error, query));
        // The call ended at the deadline of its first caller. This caller may have more time.
        if (running?.expired !== true || isOver(options.deadline)) throw failure;
      }
    }
  }

  /** Makes later queries start new calls. Queries that have joined a call still get its result. */
  renew(): void {
    this.calls.clear();
  }

  private start(key: string, query: Query, options: EvaluateOptions): SharedCall {
    const call = new SharedCall(this.engine, this.waits, query, options, () => {
      if (this.calls.get(key) === call) this.calls.delete(key);
    });
    this.calls.set(key, call);
    return call;
  }
}
