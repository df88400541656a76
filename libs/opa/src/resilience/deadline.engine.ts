import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { blameLargeInput, withAbortSignal } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { EngineWrapper } from './engine-wrapper.js';

/** Applies deadline, signal and the module's end to an engine of the user's, which may ignore all three. */
export class DeadlineEngine extends EngineWrapper<PolicyEngine> {
  constructor(
    engine: PolicyEngine,
    private readonly waits: BoundedWaits,
  ) {
    super(engine);
  }

  /** Always gives a promise: only a promise can be held to the deadline. */
  async evaluateNow(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const evaluate = (signal?: AbortSignal): Promise<EngineAnswer> => {
      const bounds = { ...options, signal };
      return this.waits.bounded(`The engine "${this.name}"`, bounds, async () =>
        this.engine.evaluate(query, bounds),
      );
    };
    try {
      return await (options.signal === undefined ? evaluate() : withAbortSignal(options.signal, evaluate));
    } catch (error) {
      throw blameLargeInput(error, query);
    }
  }
}
