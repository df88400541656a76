import type { EngineAnswer, EvaluateOptions, Query } from '../contracts/index.js';
import { abortSignalOf, OpaError } from '../contracts/index.js';
import { bounded } from '../transport/index.js';
import { EngineWrapper } from './wrapper.js';

/** Holds an engine that may not look at the deadline or the signal to both, and ends it with the module. */
export class DeadlineEngine extends EngineWrapper {
  private closed = false;

  evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    if (this.closed) return Promise.reject(new OpaError('OPA_CLOSED', 'The OPA module has been closed.'));
    const signal = options.signal && abortSignalOf(options.signal);
    const own = { ...options, signal };
    return bounded(`The engine "${this.name}"`, options, async () => this.engine.evaluate(query, own));
  }

  override async close(): Promise<void> {
    this.closed = true;
    await super.close();
  }
}
