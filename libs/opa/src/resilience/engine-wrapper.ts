import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';

/** An engine around another one: its name, readiness and end are the other's. */
export abstract class EngineWrapper implements PolicyEngine {
  constructor(protected readonly engine: PolicyEngine) {}

  get name(): string {
    return this.engine.name;
  }

  abstract evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer>;

  async ready(signal?: AbortSignal): Promise<void> {
    await this.engine.ready?.(signal);
  }

  async defines(policy: string, options: EvaluateOptions): Promise<boolean | undefined> {
    return this.engine.defines?.(policy, options);
  }

  async close(): Promise<void> {
    await this.engine.close?.();
  }
}
