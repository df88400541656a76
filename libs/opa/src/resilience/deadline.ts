import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import { bounded } from '../transport/index.js';

/** Holds an engine that may not look at the deadline or the signal to both. */
export class DeadlineEngine implements PolicyEngine {
  readonly name: string;
  private closed = false;

  constructor(private readonly engine: PolicyEngine) {
    this.name = engine.name;
  }

  evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    if (this.closed) return Promise.reject(new OpaError('OPA_CLOSED', 'The OPA module has been closed.'));
    return bounded(`The engine "${this.name}"`, options, async () => this.engine.evaluate(query, options));
  }

  async ready(signal?: AbortSignal): Promise<void> {
    await this.engine.ready?.(signal);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.engine.close?.();
  }
}
