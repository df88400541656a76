import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { blameLargeInput, withAbortSignal } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { EngineWrapper } from './engine-wrapper.js';

/** Holds an engine that may not look at the deadline or the signal to both, and ends it with the module. */
export class DeadlineEngine extends EngineWrapper {
  constructor(
    engine: PolicyEngine,
    private readonly waits: BoundedWaits,
  ) {
    super(engine);
  }

  async evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const ask = (signal?: AbortSignal): Promise<EngineAnswer> => {
      const own = { ...options, signal };
      return this.waits.bounded(`The engine "${this.name}"`, own, async () =>
        this.engine.evaluate(query, own),
      );
    };
    try {
      return await (options.signal === undefined ? ask() : withAbortSignal(options.signal, ask));
    } catch (error) {
      throw blameLargeInput(error, query);
    }
  }
}
