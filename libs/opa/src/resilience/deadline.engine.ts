import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { blameLargeInput, withAbortSignal } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { PhaseClock, wasBlocked } from '../transport/index.js';
import { EngineWrapper } from './engine-wrapper.js';

/**
 * Ends the evaluations of the user's engine at the deadline, on abort, and when the module closes. The user's engine may
 * ignore all three.
 */
export class DeadlineEngine extends EngineWrapper<PolicyEngine> {
  constructor(
    engine: PolicyEngine,
    private readonly waits: BoundedWaits,
  ) {
    super(engine);
  }

  /** Always gives a promise, because only a promise can be given up at the deadline. */
  async evaluateNow({ policy, input, json }: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    // The user's engine gets an object that can be copied. The members of `SnapshotQuery` are getters.
    const query = { policy, input, json };
    const evaluate = (signal?: AbortSignal): Promise<EngineAnswer> =>
      this.evaluateInTime(query, { ...options, signal });
    try {
      return await (options.signal === undefined ? evaluate() : withAbortSignal(options.signal, evaluate));
    } catch (error) {
      throw blameLargeInput(error, query);
    }
  }

  private evaluateInTime(query: Query, bounds: EvaluateOptions): Promise<EngineAnswer> {
    const name = `The engine "${this.name}"`;
    const clock = new PhaseClock(bounds);
    clock.enter('opa');
    return this.waits.bounded(
      name,
      bounds,
      async () => this.engine.evaluate(query, bounds),
      () => clock.late(name, { blocked: wasBlocked(bounds.deadline) }),
    );
  }
}
