import type { EvaluateOptions, PolicyEngine } from '../contracts/index.js';
import { BaseEngine } from '../contracts/index.js';

/** An engine around another engine. It takes over the inner engine's name, readiness, `defines` and `close`. */
export abstract class EngineWrapper<Inner extends PolicyEngine = BaseEngine> extends BaseEngine {
  readonly name: string;

  constructor(protected readonly engine: Inner) {
    super();
    this.name = engine.name;
  }

  override async ready(signal?: AbortSignal): Promise<void> {
    await this.engine.ready?.(signal);
  }

  override async defines(policy: string, options: EvaluateOptions): Promise<boolean | undefined> {
    return this.engine.defines?.(policy, options);
  }

  override async close(): Promise<void> {
    await this.engine.close?.();
  }
}
